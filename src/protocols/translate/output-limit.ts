/** How much a model may say at the most, where its price list knows that. */
import { resolvePrice } from "../../pricing/resolve.ts";
import { BUILT_IN_PRICES } from "../../pricing/table.ts";

/** In tokens, thinking included; null where nobody knows. `model` may be any name that somebody has for it. */
export function mostOutput(model: string): number | null {
  return resolvePrice(BUILT_IN_PRICES, model)?.maxOutput ?? null;
}
