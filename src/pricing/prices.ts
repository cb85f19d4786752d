/**
 * The prices one isolate works with: the built-in table, under the nightly feed (KV), under what was set by hand (D1).
 * A cache, read again every five minutes; on any failure it keeps what it has, since a request must not fail for want
 * of a price.
 */
import { drizzle } from "drizzle-orm/d1";
import { priceOverrides } from "../store/schema.ts";
import { BUILT_IN_PRICES, mergePrices, type PriceTable } from "./table.ts";

/** The KV key of the validated feed, in the shape of the built-in table. */
export const REFRESHED_PRICES_KEY = "prices/refreshed";

const REFRESH_EVERY_MS = 5 * 60_000;

let prices: { table: PriceTable; readAt: number } | undefined;
let loading: Promise<PriceTable> | undefined;

/** All prices; synchronous while they are fresh. `now` in milliseconds since the epoch. Never throws. */
export function loadPrices(env: Env, now: number): PriceTable | Promise<PriceTable> {
  if (prices && now - prices.readAt < REFRESH_EVERY_MS) return prices.table;
  loading ??= refresh(env, now).finally(() => {
    loading = undefined;
  });
  return loading;
}

/** Call after a change made by this isolate, so that its own next request sees it. */
export function forgetPrices(): void {
  prices = undefined;
}

async function refresh(env: Env, now: number): Promise<PriceTable> {
  try {
    const [refreshed, overrides] = await Promise.all([
      env.KV.get<PriceTable>(REFRESHED_PRICES_KEY, "json"),
      drizzle(env.DB).select().from(priceOverrides),
    ]);
    const byHand = Object.fromEntries(overrides.map((row) => [row.model, row.price]));
    prices = { table: mergePrices(BUILT_IN_PRICES, refreshed ?? {}, byHand), readAt: now };
  } catch (error) {
    console.warn(`prices could not be read: ${String(error)}`);
    prices = { table: prices?.table ?? BUILT_IN_PRICES, readAt: now };
  }
  return prices.table;
}
