/** How much a model may say at the most, where its price list knows that. */

import { builtInPrices } from "../../pricing/built-in.ts";
import { resolvePrice } from "../../pricing/resolve.ts";

/** In tokens, thinking included; null where nobody knows. `model` may be any name that somebody has for it. */
export function mostOutput(model: string): number | null {
  return resolvePrice(builtInPrices(), model)?.maxOutput ?? null;
}
