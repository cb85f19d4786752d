/** The fields of a model's price, under the API's names, with the present values. */
import { optional, usd } from "../../form/field.ts";
import type { Price } from "./prices.ts";
import { words } from "./words.ts";

export function priceFields(price: Price | null) {
  // Cache rates follow the input rate as long as nobody has set them.
  const own = price?.source === "override" ? price : null;
  const rate = (name: "cache_read" | "cache_write_5m" | "cache_write_1h") =>
    optional(usd({ label: words.rates[name], hint: words.cacheHint, initial: own?.[name] }));
  return {
    input: usd({ label: words.input, initial: price?.input }),
    output: usd({ label: words.output, initial: price?.output }),
    cache_read: rate("cache_read"),
    cache_write_5m: rate("cache_write_5m"),
    cache_write_1h: rate("cache_write_1h"),
  };
}
