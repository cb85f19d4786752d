/**
 * What a key has used by day and by model, from the hourly sums in D1. Only the key's own sums are read, by their index, the newest
 * first, up to a bound. If there are more, the answer covers fewer days, and says so.
 */
import type { HolderRead } from "../gate/holder-rows.ts";
import { dayStart } from "../ground/calendar.ts";
import { DAY_MS, HOUR_MS } from "../ground/durations.ts";
import { formatUsd } from "../pricing/money.ts";
import type { Call } from "../relay/call.ts";
import { USAGE_COLUMNS, USAGE_FIELDS, type Usage, usageView } from "../vocabulary.ts";
import type { Shown } from "./shown.ts";

const DAYS_DEFAULT = 30;
const DAYS_MAX = 180;
const MODELS_MAX = 50;

/** Enough for 180 days of a key that is used every hour, with four models or accounts. */
const SUMS_MAX = 20_000;
export const SUMS_READ: HolderRead = { rows: 0, sums: SUMS_MAX };

const SUMS = `sum(requests) AS requests, ${USAGE_FIELDS.map((field) => `sum(${USAGE_COLUMNS[field]}) AS ${field}`).join(", ")},
  sum(cost_nanos) AS costNanos, sum(count(*)) OVER () AS allSums, min(min(hour)) OVER () AS oldestHour`;
const OF_KEY = `(SELECT * FROM usage_hourly INDEXED BY usage_hourly_by_key WHERE key_id = ?1 AND hour >= ?2
  ORDER BY hour DESC LIMIT ${SUMS_MAX})`;

type Sums = Usage & { requests: number; costNanos: number };
/** Added to each group: how many sums were read, and the hour of the oldest of them. */
type Row = Sums & { allSums: number; oldestHour: number };
export type SumsView = { requests: number; cost_usd: string } & ReturnType<typeof usageView>;

/** What both answers have: the time that they cover. */
interface Range {
  /** ISO 8601: the beginning of the first of the relay's days, and now. Later than asked for if there are too many sums. */
  from: string;
  to: string;
}

export interface DaysView extends Range {
  items: ({ date: string } & SumsView)[];
}

export interface ModelsView extends Range {
  items: ({ model: string } & SumsView)[];
}

/** `GET /api/usage/daily?days=N`: the relay's days, newest first; days without a request are left out. */
export async function days(call: Call, keyId: string): Promise<Shown<DaysView>> {
  const { offsetHours, from, to } = spanOf(call);
  const { results, meta } = await call.env.DB.prepare(
    // D1 binds numbers as REAL, and a division of REALs gives fractions of days.
    `SELECT (hour + CAST(?3 AS INTEGER)) / 24 AS day, ${SUMS} FROM ${OF_KEY} GROUP BY 1 ORDER BY 1 DESC`,
  )
    .bind(keyId, from / HOUR_MS, offsetHours)
    .all<Row & { day: number }>();
  // Some sums of the oldest day may not have been read, so that day is left out.
  const cutDay = results[0]?.allSums === SUMS_MAX ? results.pop()?.day : undefined;
  const begin = cutDay === undefined ? from : (cutDay + 1) * DAY_MS - offsetHours * HOUR_MS;
  const items = results.map(({ day, ...sums }) => ({ date: iso(day * DAY_MS).slice(0, 10), ...viewOf(sums) }));
  return { ok: true, value: { items, from: iso(begin), to: iso(to) }, rows: meta.rows_read };
}

/** `GET /api/usage/models?days=N`: the models that clients named, the most expensive first; at most fifty. */
export async function models(call: Call, keyId: string): Promise<Shown<ModelsView>> {
  const { from, to } = spanOf(call);
  const { results, meta } = await call.env.DB.prepare(
    `SELECT model, ${SUMS} FROM ${OF_KEY} GROUP BY 1 ORDER BY costNanos DESC, requests DESC, model LIMIT ${MODELS_MAX}`,
  )
    .bind(keyId, from / HOUR_MS)
    .all<Row & { model: string }>();
  const first = results[0];
  const begin = first?.allSums === SUMS_MAX ? first.oldestHour * HOUR_MS : from;
  const items = results.map(({ model, ...sums }) => ({ model, ...viewOf(sums) }));
  return { ok: true, value: { items, from: iso(begin), to: iso(to) }, rows: meta.rows_read };
}

/** The days asked for, including today; 30 if the query has no valid number of days. */
function spanOf({ url, env, startedAt }: Call): { offsetHours: number; from: number; to: number } {
  const asked = Number(url.searchParams.get("days") ?? DAYS_DEFAULT);
  const span = Number.isInteger(asked) && asked >= 1 && asked <= DAYS_MAX ? asked : DAYS_DEFAULT;
  // Sums are per whole hour, so an offset with half an hour is rounded down to the whole hour.
  const offsetHours = Math.floor(Number(env.TIMEZONE_OFFSET) || 0);
  return { offsetHours, from: dayStart(startedAt, offsetHours) - (span - 1) * DAY_MS, to: startedAt };
}

function viewOf({ requests, costNanos, allSums: _allSums, oldestHour: _oldestHour, ...used }: Row): SumsView {
  return { requests, ...usageView(used), cost_usd: formatUsd(costNanos) };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
