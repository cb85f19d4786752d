/**
 * Refusals, added up. What gates and this isolate have counted but not written is written first. If nothing was refused, nothing is read
 * and nothing is billed.
 */
import { flushRecentlySettled } from "../../gate/recently-settled.ts";
import { STRANGERS, takeStrangers, writeStrangers } from "../../gate/refusal-counts.ts";
import { DAY_MS, HOUR_MS } from "../../ground/durations.ts";
import { dayOfHour, offsetMs } from "../../store/days.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { invalid } from "../api/refusal.ts";
import { isoTime } from "../api/values.ts";
import type { ReadRefusals, RefusalGroup, RefusalItem, RefusalsPage } from "./schema.ts";

const MOST_DAYS = 31;
/** How many counters one report reads. D1 counts each twice, for the sorting. */
export const MOST_COUNTERS = 50_000;

interface Row {
  group_1: string | number | null;
  group_2: string | number | null;
  name_1: string | null;
  name_2: string | null;
  count: number | null;
  last_hour: number | null;
  total: number | null;
  read: number | null;
}

export async function readRefusals({ env, now }: VerbContext, input: ReadRefusals): Promise<VerbResult<RefusalsPage>> {
  const to = Math.ceil((input.to ?? now) / HOUR_MS) * HOUR_MS;
  const from = Math.floor((input.from ?? to - DAY_MS) / HOUR_MS) * HOUR_MS;
  if (from >= to) return { ok: false, refusal: invalid({ field: "from", message: "is not before to" }) };
  if (to - from > MOST_DAYS * DAY_MS) {
    return { ok: false, refusal: invalid({ field: "from", message: `lies more than ${MOST_DAYS} days before to` }) };
  }
  await bringIn(env);
  const range = { from: isoTime(from), to: isoTime(to) };
  const any = await env.DB.prepare("SELECT 1 FROM refusals_hourly WHERE hour >= ?1 AND hour < ?2 LIMIT 1")
    .bind(from / HOUR_MS, to / HOUR_MS)
    .first();
  if (!any) return { ok: true, value: { items: [], next_cursor: null, total: 0, ...range } };
  const { group_by, then_by, limit, key_id = null, reason = null, cursor: skip = 0 } = input;
  const { results } = await env.DB.prepare(queryOf(group_by, then_by))
    .bind(from / HOUR_MS, to / HOUR_MS, key_id, reason, offsetMs(env), limit + 1, skip)
    .all<Row>();
  const [first] = results;
  if (!first) throw new Error("The total of refusals is missing");
  if ((first.read ?? 0) > MOST_COUNTERS) {
    const message = `makes a range of more than ${MOST_COUNTERS} counters; ask for a shorter one`;
    return { ok: false, refusal: invalid({ field: "from", message }) };
  }
  const rows = results.filter(({ count }) => count !== null);
  return {
    ok: true,
    value: {
      items: rows.slice(0, limit).map((row) => itemOf(row, group_by, then_by)),
      next_cursor: rows.length > limit ? String(skip + limit) : null,
      total: first.total ?? 0,
      ...range,
    },
  };
}

/** The gates of keys that were used here take along what this isolate has counted. What no gate takes is added separately. */
async function bringIn(env: Env): Promise<void> {
  await flushRecentlySettled(env);
  const strangers = takeStrangers();
  if (strangers) await writeStrangers(env.DB, strangers).run();
}

const COLUMN: Record<RefusalGroup, string> = { key: "key_id", reason: "reason", hour: "hour", day: "day" };

/** A range of the primary key, read once. Refusals without a genuine key were counted by whichever gate took them along. */
function queryOf(first: RefusalGroup, second: RefusalGroup | undefined): string {
  const strangers = STRANGERS.map((reason) => `'${reason}'`).join(", ");
  const order = [first, second]
    .flatMap((group, at) => (group === "hour" || group === "day" ? [`group_${at + 1} DESC`] : []))
    .concat("count DESC", "group_1", "group_2")
    .join(", ");
  return `WITH
    counters AS (
      SELECT hour, ${dayOfHour("?5")} AS day, iif(reason IN (${strangers}), '', key_id) AS key_id, reason, count
      FROM refusals_hourly WHERE hour >= ?1 AND hour < ?2 LIMIT ${MOST_COUNTERS + 1}
    ),
    by_column AS MATERIALIZED (
      SELECT (?3 IS NULL OR key_id = ?3) AND (?4 IS NULL OR reason = ?4) AS chosen, ${COLUMN[first]} AS group_1,
        ${second ? COLUMN[second] : "NULL"} AS group_2, count(*) AS rows, sum(count) AS count, max(hour) AS last_hour
      FROM counters GROUP BY chosen, group_1, group_2
    ),
    totals AS (SELECT sum(iif(chosen, count, 0)) AS total, sum(rows) AS read FROM by_column),
    page AS (SELECT * FROM by_column WHERE chosen ORDER BY ${order} LIMIT ?6 OFFSET ?7)
    SELECT page.*, ${nameOf(first, "group_1")} AS name_1, ${nameOf(second, "group_2")} AS name_2, totals.*
    FROM totals LEFT JOIN page ORDER BY ${order}`;
}

function nameOf(group: RefusalGroup | undefined, column: string): string {
  return group === "key" ? `(SELECT name FROM api_keys WHERE id = ${column})` : "NULL";
}

function itemOf(row: Row, first: RefusalGroup, second: RefusalGroup | undefined): RefusalItem {
  return {
    ...groupOf(first, row.group_1, row.name_1),
    ...(second && groupOf(second, row.group_2, row.name_2)),
    count: row.count ?? 0,
    last_at: isoTime((row.last_hour ?? 0) * HOUR_MS),
  };
}

function groupOf(group: RefusalGroup, value: string | number | null, name: string | null): Partial<RefusalItem> {
  switch (group) {
    case "key":
      return value === "" ? { key_id: null, key_name: null } : { key_id: String(value), key_name: name };
    case "reason":
      return { reason: String(value) };
    case "hour":
      return { hour: isoTime(Number(value) * HOUR_MS) };
    case "day":
      return { day: isoTime(Number(value) * DAY_MS).slice(0, 10) };
  }
}
