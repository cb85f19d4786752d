/**
 * A key's own requests, newest first. The log has no index by key, because that would write one more row for every request. So the hours
 * in which the key was used are looked up in its hourly sums, and only those hours of the log are read, up to a bound. A page may
 * therefore hold few items, or none, and still have a next one.
 */
import { desc, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { HolderRead } from "../gate/holder-rows.ts";
import { HOUR_MS } from "../ground/durations.ts";
import { firstIdAt } from "../ground/record-id.ts";
import { formatUsd } from "../pricing/money.ts";
import type { Refusal } from "../refusal.ts";
import type { Call } from "../relay/call.ts";
import { type Outcome, requests } from "../store/schema.ts";
import { type Result, usageView } from "../vocabulary.ts";
import type { Shown } from "./shown.ts";

const LIMIT_DEFAULT = 20;
const LIMIT_MAX = 50;
/** How many rows of the log one page looks at, including those of other keys. */
export const ROWS_A_PAGE = 1_000;
/** How many hours one page looks into. Each is a query, and the free plan allows 50 in an invocation. */
const HOURS_A_PAGE = 24;
/** How many sums are looked at to find the hours. An hour has one for each account and model. */
const SUMS_A_PAGE = 200;

/** Those rows of the log, the sums, and the rows of the page. Every row that is looked at is read once. */
export const REQUESTS_READ: HolderRead = { rows: ROWS_A_PAGE + SUMS_A_PAGE + LIMIT_MAX, sums: 0 };

/** What a holder sees of a request: nothing of who served it, and how. */
export type OwnRequestView = {
  id: string;
  time: string;
  client: string;
  /** As the client named it. */
  model: string;
  status: number;
  outcome: Outcome;
  stream: boolean;
  cost_usd: string;
  unpriced: boolean;
  estimated: boolean;
  ttft_ms: number | null;
  duration_ms: number;
} & ReturnType<typeof usageView>;

export interface OwnRequestsView {
  items: OwnRequestView[];
  /** For `?cursor=`; null on the last page. */
  next_cursor: string | null;
}

type Row = typeof requests.$inferSelect;

/** `GET /api/usage/requests?limit=&cursor=`. */
export async function ownRequests(call: Call, keyId: string): Promise<Shown<OwnRequestsView>> {
  const { searchParams } = call.url;
  const limit = Number(searchParams.get("limit") ?? LIMIT_DEFAULT);
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= LIMIT_MAX)) return unserved("limit");
  const cursor = searchParams.get("cursor");
  if (cursor !== null && !/^req_[0-9a-f]{32}$/.test(cursor)) return unserved("cursor");
  const { rows, next } = await pageOf(call.env, keyId, { before: cursor ?? idAt(call.startedAt + HOUR_MS), limit });
  return { ok: true, value: { items: rows.map(viewOf), next_cursor: next } };
}

function unserved(name: string): Result<never, Refusal> {
  return { ok: false, refusal: { reason: "query_refused", name } };
}

/** The key's rows before `before`, and where the next page begins; null if there are no more. */
async function pageOf(env: Env, keyId: string, { before, limit }: { before: string; limit: number }) {
  const { hours, last } = await hoursOf(env, keyId, hourOf(before));
  const rows: Row[] = [];
  let budget = ROWS_A_PAGE;
  for (const hour of hours) {
    const over = idAt((hour + 1) * HOUR_MS);
    const end = over < before ? over : before;
    const found = await rowsOf(env, keyId, { from: idAt(hour * HOUR_MS), end, budget });
    rows.push(...found.rows);
    if (rows.length > limit) return { rows: rows.slice(0, limit), next: rows[limit - 1]?.id ?? null };
    // The bound is reached, so the next page begins after the last row that was looked at.
    if (found.lookedAt >= budget) return { rows, next: found.lastId };
    budget -= found.lookedAt;
  }
  const oldest = hours.at(-1);
  return { rows, next: last || oldest === undefined ? null : idAt(oldest * HOUR_MS) };
}

/** The hours up to `latest` in which the key was used, newest first; `last`: there are none before them. */
async function hoursOf(env: Env, keyId: string, latest: number): Promise<{ hours: number[]; last: boolean }> {
  const { results } = await env.DB.prepare(
    `SELECT hour FROM usage_hourly INDEXED BY usage_hourly_by_key WHERE key_id = ?1 AND hour <= ?2
     ORDER BY hour DESC LIMIT ${SUMS_A_PAGE}`,
  )
    .bind(keyId, latest)
    .all<{ hour: number }>();
  const all = [...new Set(results.map(({ hour }) => hour))];
  const hours = all.slice(0, HOURS_A_PAGE);
  return { hours, last: hours.length === all.length && results.length < SUMS_A_PAGE };
}

/** The key's rows among the newest `budget` of a range of the log, and how many rows were looked at. */
async function rowsOf(env: Env, keyId: string, { from, end, budget }: { from: string; end: string; budget: number }) {
  const looked = await env.DB.prepare(
    `SELECT count(*) AS lookedAt, min(id) AS lastId, json_group_array(id) FILTER (WHERE key_id = ?1) AS own
     FROM (SELECT id, key_id FROM requests WHERE id >= ?2 AND id < ?3 ORDER BY id DESC LIMIT ?4)`,
  )
    .bind(keyId, from, end, budget)
    .first<{ lookedAt: number; lastId: string | null; own: string }>();
  const { lookedAt, lastId, own } = looked ?? { lookedAt: 0, lastId: null, own: "[]" };
  const rows = drizzle(env.DB)
    .select()
    .from(requests)
    .where(sql`${requests.id} in (select value from json_each(${own}))`)
    .orderBy(desc(requests.id))
    .limit(LIMIT_MAX + 1);
  return { rows: own === "[]" ? [] : await rows, lookedAt, lastId };
}

/** The smallest id at or after `time`, in full length. */
function idAt(time: number): string {
  return firstIdAt("req", time).padEnd("req_".length + 32, "0");
}

/** The hour of the newest id before `id`. */
function hourOf(id: string): number {
  return Math.floor((Number.parseInt(id.slice(4, 16), 16) - (id.endsWith("0".repeat(20)) ? 1 : 0)) / HOUR_MS);
}

function viewOf(row: Row): OwnRequestView {
  return {
    id: row.id,
    time: new Date(row.time).toISOString(),
    client: row.client,
    model: row.model,
    status: row.status,
    outcome: row.outcome,
    stream: row.stream,
    ...usageView(row),
    cost_usd: formatUsd(row.costNanos),
    unpriced: row.unpriced,
    estimated: row.estimated,
    ttft_ms: row.ttftMs,
    duration_ms: row.durationMs,
  };
}
