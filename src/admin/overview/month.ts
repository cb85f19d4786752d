/** What this month has cost so far, and what it comes to if it goes on like the last seven days. */
import { dayStart } from "../../ground/calendar.ts";
import { DAY_MS, HOUR_MS } from "../../ground/durations.ts";
import { formatUsd } from "../../pricing/money.ts";
import { dayOfHour } from "../../store/days.ts";
import type { VerbContext } from "../api/context.ts";
import { isoTime } from "../api/values.ts";
import { MOST_SUMS } from "../usage/query.ts";
import type { OverviewView } from "./schema.ts";

const LOOK_BACK_DAYS = 7;

/** In one pass and without groups, which D1 counts each sum three times for; a month has the most sums of all that is shown. */
const COSTS = `SELECT count(*) AS read, sum(iif(day >= ?5, cost_nanos, 0)) AS month, sum(iif(day >= ?6, cost_nanos, 0)) AS recent
  FROM (
    SELECT * FROM (SELECT ${dayOfHour("?3")} AS day, cost_nanos FROM usage_hourly
      WHERE hour >= ?1 AND hour < ?2 LIMIT ${MOST_SUMS + 1})
    UNION ALL
    SELECT * FROM (SELECT day, cost_nanos FROM usage_daily WHERE day >= ?4 LIMIT ${MOST_SUMS + 1})
  )`;

/** Null where the month makes more sums than one report reads. */
export async function readMonth(context: VerbContext): Promise<OverviewView["month"]> {
  const { env, now } = context;
  const offsetHours = Number(env.TIMEZONE_OFFSET) || 0;
  const offset = offsetHours * HOUR_MS;
  const local = new Date(now + offset);
  const begin = Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), 1) - offset;
  const end = Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, 1) - offset;
  const lookBack = dayStart(now, offsetHours) - LOOK_BACK_DAYS * DAY_MS;
  const dayOf = (time: number) => Math.floor((time + offset) / DAY_MS);
  const first = Math.min(begin, lookBack);
  const read = await env.DB.prepare(COSTS)
    .bind(first / HOUR_MS, Math.ceil(now / HOUR_MS), offset, dayOf(first), dayOf(begin), dayOf(lookBack))
    .first<{ read: number; month: number | null; recent: number | null }>();
  if (!read || read.read > MOST_SUMS) return null;
  const soFar = read.month ?? 0;
  const ahead = Math.max(0, end - now);
  const forecast = soFar + Math.round(((read.recent ?? 0) * ahead) / (now - lookBack));
  return { from: isoTime(begin), to: isoTime(end), cost_usd: formatUsd(soFar), forecast_usd: formatUsd(forecast) };
}
