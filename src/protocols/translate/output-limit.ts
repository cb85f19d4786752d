/** The longest answer of a model, if the price list knows it. */

import { builtInPrices } from "../../pricing/built-in.ts";
import { resolvePrice } from "../../pricing/resolve.ts";

/** In tokens, including thinking; null if unknown. `model` may be any name that a provider has for it. */
export function mostOutput(model: string): number | null {
  return resolvePrice(builtInPrices(), model)?.maxOutput ?? null;
}
