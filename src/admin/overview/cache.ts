/** What prompt caches have saved. Pure. */
import { resolvePrice } from "../../pricing/resolve.ts";
import type { PriceTable } from "../../pricing/table.ts";
import type { UsageRow } from "../usage/query.ts";

const INPUTS = ["input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens"];
const PER_MILLION = 1_000_000;

/** The share of all input tokens that was read from a cache; null if there is no input. */
export function cacheShare(row: UsageRow): number | null {
  const all = INPUTS.reduce((sum, name) => sum + Number(row[name] ?? 0), 0);
  return all === 0 ? null : Math.round((Number(row.cache_read_tokens ?? 0) / all) * 10_000) / 10_000;
}

/**
 * Nano-dollars: the price of the cache reads as plain input, minus their own price, minus what cache writes cost above plain input. At
 * list prices, for models that have one under the name that clients used.
 */
export function cacheSavings(byModel: readonly UsageRow[], prices: PriceTable): number {
  return byModel.reduce((sum, row) => {
    const price = resolvePrice(prices, String(row.group_1));
    if (!price) return sum;
    const of = (name: string, rate: number) => (Number(row[name] ?? 0) * (price.input - rate)) / PER_MILLION;
    const saved =
      of("cache_read_tokens", price.cacheRead) +
      of("cache_write_5m_tokens", price.cacheWrite5m) +
      of("cache_write_1h_tokens", price.cacheWrite1h);
    return sum + Math.round(saved);
  }, 0);
}
