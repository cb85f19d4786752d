/** What this month has cost so far, and what it will cost if it continues like the last seven days. */
import { dayStart } from "../../ground/calendar.ts";
import { DAY_MS, HOUR_MS } from "../../ground/durations.ts";
import { formatUsd } from "../../pricing/money.ts";
import type { VerbContext } from "../api/context.ts";
import { isoTime } from "../api/values.ts";
import { readDayCosts } from "./day-costs.ts";
import type { OverviewView } from "./schema.ts";

const LOOK_BACK_DAYS = 7;

/** Null while the costs of its days are not known yet. For a busy relay, each call adds some of them up. */
export async function readMonth({ env, now }: Pick<VerbContext, "env" | "now">): Promise<OverviewView["month"]> {
  const offsetHours = Number(env.TIMEZONE_OFFSET) || 0;
  const offset = offsetHours * HOUR_MS;
  const local = new Date(now + offset);
  const begin = Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), 1) - offset;
  const end = Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, 1) - offset;
  const lookBack = dayStart(now, offsetHours) - LOOK_BACK_DAYS * DAY_MS;
  const dayOf = (time: number) => Math.floor((time + offset) / DAY_MS);
  const costs = await readDayCosts(env, now, Math.min(dayOf(begin), dayOf(lookBack)));
  if (costs === null) return null;
  const since = (time: number) => [...costs].reduce((sum, [day, nanos]) => sum + (day >= dayOf(time) ? nanos : 0), 0);
  const soFar = since(begin);
  const ahead = Math.max(0, end - now);
  const forecast = soFar + Math.round((since(lookBack) * ahead) / (now - lookBack));
  return { from: isoTime(begin), to: isoTime(end), cost_usd: formatUsd(soFar), forecast_usd: formatUsd(forecast) };
}
