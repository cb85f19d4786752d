/** What a key of claude-relay-service has used: its totals, and its use in the current day and week of this relay. Pure. */
import * as z from "zod";
import { dayStart, weekStart } from "../../../../src/ground/calendar.ts";
import { HOUR_MS } from "../../../../src/ground/durations.ts";
import { object } from "../../../../src/ground/json.ts";
import type { Context, KeyBody } from "../draft.ts";
import { amount, dollars, iso, json, limit, moment } from "../shapes.ts";

const totals = z.object({
  totalRequests: limit,
  totalInputTokens: limit,
  totalOutputTokens: limit,
  totalCacheCreateTokens: limit,
  totalCacheReadTokens: limit,
});

const stats = z.object({
  total: json,
  costTotal: amount,
  costDaily: z.record(z.string(), amount).catch({}),
  opusWeekly: z.record(z.string(), amount).catch({}),
});

export interface Week {
  /** 0 = Sunday. */
  day: number;
  hour: number;
}

/** Exports of before its costs were among the figures: what was used is known, and not what it has cost. */
export function lacksCosts(usageStats: unknown): boolean {
  const { total, costTotal } = object(usageStats) ?? {};
  const { totalRequests } = totals.parse(object(json.parse(total)) ?? {});
  return totalRequests !== undefined && amount.parse(costTotal) === undefined;
}

/** Undefined if nothing was used, or the use was not exported. */
export function spentIn(usageStats: unknown, firstUsed: unknown, week: Week, context: Context): KeyBody["used"] {
  const read = stats.safeParse(object(usageStats));
  if (!read.success) return undefined;
  const { total, costTotal = 0, costDaily, opusWeekly } = read.data;
  const { totalRequests = 0, ...tokens } = totals.parse(object(total) ?? {});
  if (totalRequests === 0 && costTotal <= 0) return undefined;
  const { now, offsetHours } = context;
  const at = (start: number) => iso(start + offsetHours * HOUR_MS);
  const today = at(dayStart(now, offsetHours)).slice(0, 10);
  const begun = at(weekStart(now, offsetHours, week.day, week.hour));
  const firstUsedAt = moment.parse(firstUsed);
  return {
    requests: totalRequests,
    input_tokens: tokens.totalInputTokens ?? 0,
    output_tokens: tokens.totalOutputTokens ?? 0,
    cache_write_tokens: tokens.totalCacheCreateTokens ?? 0,
    cache_read_tokens: tokens.totalCacheReadTokens ?? 0,
    total_cost_usd: dollars(costTotal),
    today_cost_usd: dollars(costDaily[today] ?? 0),
    // Such as 2026-11-23T00: the day and the hour in the relay's own time.
    week_cost_usd: dollars(opusWeekly[begun.slice(0, 13)] ?? 0),
    ...(firstUsedAt !== undefined && { first_used_at: iso(firstUsedAt) }),
  };
}
