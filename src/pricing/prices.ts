/**
 * The prices one isolate works with: the built-in table, under the nightly feed (KV), under what was set by hand (D1).
 * A cache, read again every five minutes. It never fails and never keeps a request waiting for long: what could not be
 * read stays as it was, since a request must not fail for want of a price.
 */
import { drizzle } from "drizzle-orm/d1";
import { priceOverrides } from "../store/schema.ts";
import { BUILT_IN_PRICES, mergePrices, type PriceTable } from "./table.ts";

/** The KV key of the validated feed, in the shape of the built-in table. */
export const REFRESHED_PRICES_KEY = "prices/refreshed";

const REFRESH_EVERY_MS = 5 * 60_000;
/** After a failure; until then every request would otherwise try again. */
const RETRY_AFTER_MS = 30_000;
/** KV keeps a value this long in each location, so that isolates beside each other share one read. Seconds. */
const KV_CACHE_SECONDS = 300;
/**
 * The most that a request waits. Also when a load is given up: it ends with the request that began it, and where that
 * one was cancelled, its promise never settles.
 */
const PATIENCE_MS = 3_000;

/** What the built-in table is overlaid with. */
export interface PriceSources {
  refreshed: PriceTable;
  overrides: PriceTable;
}

interface Load {
  since: number;
  done: Promise<void>;
}

let sources: PriceSources = { refreshed: {}, overrides: {} };
let table: PriceTable = BUILT_IN_PRICES;
let freshUntil = Number.NEGATIVE_INFINITY;
let isCold = true;
let loading: Load | undefined;

/** All prices; synchronous while they are fresh. `now` in milliseconds since the epoch. Never throws. */
export function loadPrices(env: Env, now: number): PriceTable | Promise<PriceTable> {
  if (now < freshUntil) return table;
  if (loading && now - loading.since < PATIENCE_MS) return isCold ? after(loading.done) : table;
  const mine: Load = { since: now, done: load(env, now, () => loading === mine) };
  loading = mine;
  return after(mine.done);
}

/** Call after a change made by this isolate, so that its own next request sees it. */
export function forgetPrices(): void {
  freshUntil = Number.NEGATIVE_INFINITY;
  // What a load under way brings may be from before the change.
  loading = undefined;
}

/** Both overlays as they are now, past this isolate's cache. Throws where KV or D1 does not answer. */
export async function readPriceSources(env: Env): Promise<PriceSources> {
  const [refreshed, overrides] = await Promise.all([readRefreshed(env), readOverrides(env)]);
  return { refreshed, overrides };
}

async function load(env: Env, now: number, isWanted: () => boolean): Promise<void> {
  const [refreshed, overrides] = await Promise.allSettled([readRefreshed(env, KV_CACHE_SECONDS), readOverrides(env)]);
  if (!isWanted()) return;
  loading = undefined;
  isCold = false;
  const failed = [refreshed, overrides].filter((read) => read.status === "rejected");
  for (const { reason } of failed) console.warn(`prices could not be read: ${String(reason)}`);
  sources = {
    refreshed: refreshed.status === "fulfilled" ? refreshed.value : sources.refreshed,
    overrides: overrides.status === "fulfilled" ? overrides.value : sources.overrides,
  };
  table = mergePrices(BUILT_IN_PRICES, sources.refreshed, sources.overrides);
  freshUntil = now + (failed.length > 0 ? RETRY_AFTER_MS : REFRESH_EVERY_MS);
}

/** The table once the load is done, or as it is when patience ends. */
async function after(done: Promise<void>): Promise<PriceTable> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS);
  });
  await Promise.race([done, patience]);
  clearTimeout(timer);
  return table;
}

/** Async, so that also a binding that throws at once is a rejection. */
async function readRefreshed(env: Env, cacheTtl?: number): Promise<PriceTable> {
  const stored = await env.KV.get<PriceTable>(REFRESHED_PRICES_KEY, { type: "json", ...(cacheTtl && { cacheTtl }) });
  return stored ?? {};
}

async function readOverrides(env: Env): Promise<PriceTable> {
  const rows = await drizzle(env.DB).select().from(priceOverrides);
  return Object.fromEntries(rows.map((row) => [row.model, row.price]));
}
