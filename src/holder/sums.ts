/** What a key has used by day and by model, from the hourly sums of D1: its own rows alone are read, by their index. */
import { dayStart } from "../ground/calendar.ts";
import { DAY_MS, HOUR_MS } from "../ground/durations.ts";
import { formatUsd } from "../pricing/money.ts";
import type { Call } from "../relay/call.ts";
import { USAGE_COLUMNS, USAGE_FIELDS, type Usage, usageView } from "../vocabulary.ts";

const DAYS_DEFAULT = 30;
const DAYS_MAX = 180;
const MODELS_MAX = 50;

const SUMS = `sum(requests) AS requests, ${USAGE_FIELDS.map((field) => `sum(${USAGE_COLUMNS[field]}) AS ${field}`).join(", ")},
  sum(cost_nanos) AS costNanos`;
const OF_KEY = "usage_hourly INDEXED BY usage_hourly_by_key WHERE key_id = ?1";

type Sums = Usage & { requests: number; costNanos: number };
export type SumsView = { requests: number; cost_usd: string } & ReturnType<typeof usageView>;

/** What both answer: the time that it is about. */
interface Range {
  /** ISO 8601: the beginning of the first of the relay's own days, and now. */
  from: string;
  to: string;
}

export interface DaysView extends Range {
  items: ({ date: string } & SumsView)[];
}

export interface ModelsView extends Range {
  items: ({ model: string } & SumsView)[];
}

/** `GET /api/usage/daily?days=N`: days of the relay's own offset, newest first; days without a request are left out. */
export async function days(call: Call, keyId: string): Promise<{ ok: true; value: DaysView }> {
  const { offsetHours, firstHour, range } = spanOf(call);
  const { results } = await call.env.DB.prepare(
    // D1 binds numbers as REAL, and a REAL divides to fractions of days.
    `SELECT (hour + CAST(?3 AS INTEGER)) / 24 AS day, ${SUMS} FROM ${OF_KEY} AND hour >= ?2 GROUP BY 1 ORDER BY 1 DESC`,
  )
    .bind(keyId, firstHour, offsetHours)
    .all<Sums & { day: number }>();
  const items = results.map(({ day, ...sums }) => ({ date: iso(day * DAY_MS).slice(0, 10), ...viewOf(sums) }));
  return { ok: true, value: { items, ...range } };
}

/** `GET /api/usage/models?days=N`: the models that clients named, dearest first; the first fifty. */
export async function models(call: Call, keyId: string): Promise<{ ok: true; value: ModelsView }> {
  const { firstHour, range } = spanOf(call);
  const { results } = await call.env.DB.prepare(
    `SELECT model, ${SUMS} FROM ${OF_KEY} AND hour >= ?2 GROUP BY 1
     ORDER BY costNanos DESC, requests DESC, model LIMIT ${MODELS_MAX}`,
  )
    .bind(keyId, firstHour)
    .all<Sums & { model: string }>();
  return { ok: true, value: { items: results.map(({ model, ...sums }) => ({ model, ...viewOf(sums) })), ...range } };
}

/** The days asked for, the one that is under way included; 30 where the query names no number of days that there could be. */
function spanOf({ url, env, startedAt }: Call): { offsetHours: number; firstHour: number; range: Range } {
  const asked = Number(url.searchParams.get("days") ?? DAYS_DEFAULT);
  const span = Number.isInteger(asked) && asked >= 1 && asked <= DAYS_MAX ? asked : DAYS_DEFAULT;
  // Sums are by whole hours, so an offset of half an hour counts as the whole one before it.
  const offsetHours = Math.floor(Number(env.TIMEZONE_OFFSET) || 0);
  const from = dayStart(startedAt, offsetHours) - (span - 1) * DAY_MS;
  return { offsetHours, firstHour: from / HOUR_MS, range: { from: iso(from), to: iso(startedAt) } };
}

function viewOf({ requests, costNanos, ...used }: Sums): SumsView {
  return { requests, ...usageView(used), cost_usd: formatUsd(costNanos) };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
