/**
 * Refreshes prices from a public feed: they are fetched, validated, and written to KV if they differ from what is there. Bad
 * data, or none, leaves the table as it was. The outcome is recorded either way, for the console to show.
 */
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { record } from "../events.ts";
import { wholeBody } from "../ground/bounded-body.ts";
import { builtInPrices } from "../pricing/built-in.ts";
import { parseFeed } from "../pricing/feed/feed.ts";
import { parseSections } from "../pricing/feed/sections.ts";
import { mergePrices, type PriceTable } from "../pricing/table.ts";
import { forgetPrices, REFRESHED_PRICES_KEY } from "../store/prices.ts";
import { settings } from "../store/schema.ts";
import type { Result } from "../vocabulary.ts";

/** How the last refresh went. */
export interface FeedStatus {
  /** ISO 8601. */
  at: string;
  ok: boolean;
  /** Models that the table in force has from the feed. */
  models: number;
  /** Doubtful prices that were left out, as English sentences. */
  skipped: string[];
  /** Why the feed was refused, as English sentences; empty if it was not. */
  problems: string[];
}

const STATUS_SETTING = "price_feed_status";

/** models.dev has 2 MB and LiteLLM 1.5 MB in 2026; a Worker has 128 MB of memory. */
const MAX_FEED_BYTES = 16 * 1024 * 1024;
const TIMEOUT_MS = 20_000;

/** Refreshes now. Null if the feed is turned off: then the prices that it gave before are dropped. */
export async function refreshPrices(env: Env, now: number): Promise<FeedStatus | null> {
  const stored = await env.KV.get(REFRESHED_PRICES_KEY);
  if (!env.PRICE_FEED_URL) {
    if (stored !== null) await env.KV.delete(REFRESHED_PRICES_KEY);
    forgetPrices();
    return null;
  }
  const previous = tableIn(stored);
  const refreshed = await readFeed(env.PRICE_FEED_URL, previous);
  const status: FeedStatus = {
    at: new Date(now).toISOString(),
    ok: refreshed.ok,
    models: Object.keys(refreshed.ok ? refreshed.value.prices : (previous ?? {})).length,
    skipped: refreshed.ok ? refreshed.value.skipped : [],
    problems: refreshed.ok ? [] : refreshed.refusal,
  };
  if (refreshed.ok) {
    const text = JSON.stringify(refreshed.value.prices);
    // KV allows 1,000 writes a day, and a write makes every location read again.
    if (text !== stored) await env.KV.put(REFRESHED_PRICES_KEY, text);
    forgetPrices();
  } else {
    record({ event: "price_feed_refused", reasons: refreshed.refusal });
  }
  const row = { name: STATUS_SETTING, value: JSON.stringify(status) };
  await drizzle(env.DB).insert(settings).values(row).onConflictDoUpdate({ target: settings.name, set: row });
  return status;
}

/** The outcome of the last refresh; null if there was none, or if the feed is turned off. */
export async function feedStatus(env: Env): Promise<FeedStatus | null> {
  if (!env.PRICE_FEED_URL) return null;
  const row = await drizzle(env.DB).select().from(settings).where(eq(settings.name, STATUS_SETTING)).get();
  return row ? JSON.parse(row.value) : null;
}

async function readFeed(address: string, previous: PriceTable | null): Promise<ReturnType<typeof parseFeed>> {
  const fetched = await fetchFeed(address);
  if (!fetched.ok) return { ok: false, refusal: [fetched.refusal] };
  let feed: unknown;
  try {
    feed = parseSections(fetched.value);
  } catch {
    return { ok: false, refusal: ["The feed is not valid JSON."] };
  }
  return parseFeed(feed, { known: mergePrices(builtInPrices(), previous ?? {}, {}), previous });
}

async function fetchFeed(address: string): Promise<Result<string, string>> {
  const url = URL.parse(address);
  if (url?.protocol !== "https:") return { ok: false, refusal: "PRICE_FEED_URL is no https address." };
  try {
    // A redirect could leave https behind.
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (response.status !== 200 || !response.body) {
      await response.body?.cancel();
      return { ok: false, refusal: `The feed answered with status ${response.status}.` };
    }
    const bytes = await wholeBody(response, MAX_FEED_BYTES);
    if (!bytes) return { ok: false, refusal: `The feed is larger than ${MAX_FEED_BYTES} bytes.` };
    return { ok: true, value: new TextDecoder().decode(bytes) };
  } catch (error) {
    return { ok: false, refusal: `The feed could not be read: ${String(error).slice(0, 200)}` };
  }
}

/** The table in a KV value; null if there is none, or if it is not JSON. */
function tableIn(stored: string | null): PriceTable | null {
  if (stored === null) return null;
  try {
    return JSON.parse(stored);
  } catch {
    return null;
  }
}
