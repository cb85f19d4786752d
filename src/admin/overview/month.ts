/** What this month has cost so far, and what it comes to if it goes on like the last seven days. */
import { dayStart } from "../../ground/calendar.ts";
import { DAY_MS, HOUR_MS } from "../../ground/durations.ts";
import { formatUsd } from "../../pricing/money.ts";
import type { VerbContext } from "../api/context.ts";
import { isoTime } from "../api/values.ts";
import { readSums } from "../usage/verbs.ts";
import type { OverviewView } from "./schema.ts";
import { nanosOf } from "./series.ts";

const LOOK_BACK_DAYS = 7;
const MOST_ROWS = 40;

/** Null where the month makes more sums than one report reads. */
export async function readMonth(context: VerbContext): Promise<OverviewView["month"]> {
  const { env, now } = context;
  const offsetHours = Number(env.TIMEZONE_OFFSET) || 0;
  const offset = offsetHours * HOUR_MS;
  const local = new Date(now + offset);
  const begin = Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), 1) - offset;
  const end = Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, 1) - offset;
  const lookBack = dayStart(now, offsetHours) - LOOK_BACK_DAYS * DAY_MS;
  const query = { group_by: "day", from: Math.min(begin, lookBack), to: now, limit: MOST_ROWS } as const;
  const read = await readSums(context, query, MOST_ROWS, 0);
  if (!read.ok) return null;
  const since = (from: number) => {
    const first = Math.floor((from + offset) / DAY_MS);
    return read.value.rows.reduce((sum, row) => sum + (Number(row.group_1) >= first ? nanosOf(row) : 0), 0);
  };
  const soFar = since(begin);
  const ahead = Math.max(0, end - now);
  const forecast = soFar + Math.round((since(lookBack) * ahead) / (now - lookBack));
  return { from: isoTime(begin), to: isoTime(end), cost_usd: formatUsd(soFar), forecast_usd: formatUsd(forecast) };
}
