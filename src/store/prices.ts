/**
 * The prices that one isolate works with: the built-in table, over it the nightly feed (KV), over that what was set by hand
 * (D1). It is a cache, read again every five minutes. It never fails and never keeps a request waiting for long: what cannot
 * be read stays as it was, because a request must not fail for want of a price.
 */
import { drizzle } from "drizzle-orm/d1";
import { record } from "../events.ts";
import { HOUR_MS, MINUTE_MS } from "../ground/durations.ts";
import { builtInPrices } from "../pricing/built-in.ts";
import { mergePrices, type PriceTable } from "../pricing/table.ts";
import { Remembered } from "./remembered.ts";
import { priceOverrides } from "./schema.ts";

/** The KV key of the validated feed, in the shape of the built-in table. */
export const REFRESHED_PRICES_KEY = "prices/refreshed";

const REFRESH_EVERY_MS = 5 * MINUTE_MS;
/** After a failure, so that not every request tries again. */
const RETRY_AFTER_MS = 30_000;
/** How many seconds KV keeps a value in each location, so that isolates of one location share a read. */
const KV_CACHE_SECONDS = 300;
/** Prices change seldom. They get older than this only in a pause, and then one request waits for today's prices. */
const USABLE_MS = HOUR_MS;
/** The most that a request waits for prices; then what is known, or the built-in table, has to do. */
const PATIENCE_MS = 3_000;
/** The most that one source is waited for: if one of the two hangs, the prices of the other must still become known. */
const SOURCE_MS = 2_500;

/** What lies over the built-in table. */
export interface PriceSources {
  refreshed: PriceTable;
  overrides: PriceTable;
}

interface Prices extends PriceSources {
  table: PriceTable;
  /** Both sources were read. A source that was not read is as it was before. */
  whole: boolean;
}

const remembered = new Remembered<Prices>({
  name: "prices",
  freshMs: ({ whole }) => (whole ? REFRESH_EVERY_MS : RETRY_AFTER_MS),
  usableMs: USABLE_MS,
  patienceMs: PATIENCE_MS,
});

/** All prices; synchronous while a request need not wait for them. `now` in milliseconds since the epoch. Never throws. */
export function loadPrices(env: Env, now: number): PriceTable | Promise<PriceTable> {
  const prices = remembered.get(() => read(env), now);
  if (!(prices instanceof Promise)) return prices.table;
  return prices.then(({ table }) => table, builtInPrices);
}

/** Call after a change made by this isolate, so that its own next request sees it. */
export function forgetPrices(): void {
  remembered.forget();
}

/** Both sources as they are now, past this isolate's cache. Throws if KV or D1 does not answer. */
export async function readPriceSources(env: Env): Promise<PriceSources> {
  const [refreshed, overrides] = await Promise.all([readRefreshed(env), readOverrides(env)]);
  return { refreshed, overrides };
}

/**
 * Reads both sources; one that cannot be read stays as it was, even after a `forget`, because a request must not fail for want of
 * a price.
 */
async function read(env: Env): Promise<Prices> {
  const known = remembered.value;
  const [refreshed, overrides] = await Promise.allSettled([
    inTime(readRefreshed(env, KV_CACHE_SECONDS)),
    inTime(readOverrides(env)),
  ]);
  const failed = [refreshed, overrides].filter((source) => source.status === "rejected");
  for (const { reason } of failed) record({ event: "prices_unreadable", error: reason });
  const sources: PriceSources = {
    refreshed: refreshed.status === "fulfilled" ? refreshed.value : (known?.refreshed ?? {}),
    overrides: overrides.status === "fulfilled" ? overrides.value : (known?.overrides ?? {}),
  };
  const table = mergePrices(builtInPrices(), sources.refreshed, sources.overrides);
  return { ...sources, table, whole: failed.length === 0 };
}

async function inTime<Source>(reading: Promise<Source>): Promise<Source> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${SOURCE_MS} ms`)), SOURCE_MS);
  });
  try {
    return await Promise.race([reading, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Async, so that a binding that throws at once makes a rejection too. */
async function readRefreshed(env: Env, cacheTtl?: number): Promise<PriceTable> {
  const stored = await env.KV.get<PriceTable>(REFRESHED_PRICES_KEY, { type: "json", ...(cacheTtl && { cacheTtl }) });
  return stored ?? {};
}

async function readOverrides(env: Env): Promise<PriceTable> {
  const rows = await drizzle(env.DB).select().from(priceOverrides);
  return Object.fromEntries(rows.map((row) => [row.model, row.price]));
}
