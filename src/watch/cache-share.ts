/**
 * Tells when less of the input comes from prompt caches than before: it compares the last six whole hours with the day before them. It
 * also names the model, the key and the account from which the fall comes.
 */
import { announce } from "../alerts/announce.ts";
import { drop, openEpisodes } from "../alerts/outbox.ts";
import type { AlertSettings } from "../alerts/settings.ts";
import type { ShareFell } from "../events.ts";
import { HOUR_MS } from "../ground/durations.ts";

const RECENT_HOURS = 6;
const BEFORE_HOURS = 24;
/** Fewer tokens or requests say nothing: one long first request would look like a fall. */
const LEAST_TOKENS = 500_000;
const LEAST_REQUESTS = 20;
const MOST_SUMS = 20_000;
/** A model, key or account that makes up less than this part of the fall is not its cause. */
const LEAST_PART = 0.3;

export interface CacheSums {
  key: string;
  account: string;
  model: string;
  recent: boolean;
  requests: number;
  input: number;
  cached: number;
}

export async function watchCacheShare(env: Env, settings: AlertSettings, now: number): Promise<void> {
  if (settings.cachePoints === null) return;
  const to = Math.floor(now / HOUR_MS);
  const { results } = await env.DB.prepare(
    `SELECT key_id AS key, account_id AS account, model, hour >= ?3 AS recent, sum(requests) AS requests,
       sum(input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens) AS input, sum(cache_read_tokens) AS cached
     FROM (SELECT * FROM usage_hourly WHERE hour >= ?1 AND hour < ?2 LIMIT ${MOST_SUMS}) GROUP BY 1, 2, 3, 4`,
  )
    .bind(to - RECENT_HOURS - BEFORE_HOURS, to, to - RECENT_HOURS)
    .all<Omit<CacheSums, "recent"> & { recent: number }>();
  const fall = fallOf(results.map((row) => ({ ...row, recent: row.recent === 1 })));
  const fell = fall !== null && fall.before - fall.percent >= settings.cachePoints;
  if (fell) await announce(env, { event: "cache_share_fell", ...(await named(env, fall)) }, settings, now);
  // Once half of it is back, the operator will be told of the next fall.
  else if (fall && fall.before - fall.percent < settings.cachePoints / 2) {
    await drop(env, await openEpisodes(env, ["cache_share_fell"]));
  }
}

interface Fall {
  percent: number;
  before: number;
  model: ShareFell | null;
  key: ShareFell | null;
  account: ShareFell | null;
}

/** How the share has changed; null if there is too little to tell. Pure. */
export function fallOf(rows: readonly CacheSums[]): Fall | null {
  const [recent, before] = [total(rows.filter((row) => row.recent)), total(rows.filter((row) => !row.recent))];
  for (const { requests, input } of [recent, before]) {
    if (requests < LEAST_REQUESTS || input < LEAST_TOKENS) return null;
  }
  const cause = (of: "model" | "key" | "account") => causeOf(rows, of, recent, before);
  return {
    ...{ percent: percentOf(recent), before: percentOf(before) },
    ...{ model: cause("model"), key: cause("key"), account: cause("account") },
  };
}

interface Total {
  requests: number;
  input: number;
  cached: number;
}

/** The one whose recent input would have prevented most of the fall, had it kept its share. A new one is measured by the share of all. */
function causeOf(
  rows: readonly CacheSums[],
  of: "model" | "key" | "account",
  recent: Total,
  before: Total,
): ShareFell | null {
  const missing = shareOf(before) * recent.input - recent.cached;
  let worst: { part: number; fell: ShareFell } | null = null;
  for (const [id, own] of Map.groupBy(rows, (row) => row[of])) {
    const [now, was] = [total(own.filter((row) => row.recent)), total(own.filter((row) => !row.recent))];
    if (id === "" || now.input === 0) continue;
    const isNew = was.input === 0;
    const part = ((isNew ? shareOf(before) : shareOf(was)) * now.input - now.cached) / missing;
    if (missing <= 0 || part < Math.max(LEAST_PART, worst?.part ?? 0)) continue;
    worst = { part, fell: { id, name: id, percent: percentOf(now), before: isNew ? null : percentOf(was) } };
  }
  return worst?.fell ?? null;
}

function total(rows: readonly CacheSums[]): Total {
  const sum = (of: "requests" | "input" | "cached") => rows.reduce((all, row) => all + row[of], 0);
  return { requests: sum("requests"), input: sum("input"), cached: sum("cached") };
}

function shareOf({ input, cached }: Total): number {
  return input === 0 ? 0 : cached / input;
}

function percentOf(sums: Total): number {
  return Math.round(100 * shareOf(sums));
}

/** The fall with the names of key and account; a deleted one keeps its id as its name. */
async function named(env: Env, fall: Fall): Promise<Fall> {
  const name = async (table: "api_keys" | "accounts", fell: ShareFell | null) => {
    if (!fell) return null;
    const known = await env.DB.prepare(`SELECT name FROM ${table} WHERE id = ?`).bind(fell.id).first<string>("name");
    return { ...fell, name: known ?? fell.id };
  };
  const [key, account] = await Promise.all([name("api_keys", fall.key), name("accounts", fall.account)]);
  return { ...fall, key, account };
}
