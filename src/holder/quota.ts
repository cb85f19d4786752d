/** The state of a key for its holder: its name, and each limit that is set, with what is used of it and when it resets. */
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { record } from "../events.ts";
import { tokensOf } from "../gate/limits.ts";
import type { Report } from "../gate/rpc.ts";
import type { KeyState } from "../gate/standing.ts";
import { DAY_MS, WEEK_MS } from "../ground/durations.ts";
import { formatUsd } from "../pricing/money.ts";
import type { Call } from "../relay/call.ts";
import { apiKeys } from "../store/schema.ts";
import type { Shown } from "./shown.ts";

export interface LimitView {
  name: LimitName;
  /** Decimal USD as text, or a number of requests or tokens. */
  limit: number | string;
  used: number | string;
  remaining: number | string;
  /** ISO 8601; null: never. */
  resets_at: string | null;
}

export type LimitName =
  | "concurrency"
  | "window_requests"
  | "window_tokens"
  | "window_cost_usd"
  | "daily_cost_usd"
  | "weekly_cost_usd"
  | "total_cost_usd"
  | "total_tokens";

export interface QuotaView {
  /** The key's name, given by its operator; null if D1 does not know it. */
  name: string | null;
  state: KeyState;
  /** When the state ends by itself; null: it does not. */
  state_until: string | null;
  expires_at: string | null;
  /** Decimal USD as text: what was spent since the day and the week began, and in total. Told even if no limit is set. */
  today_cost_usd: string;
  week_cost_usd: string;
  total_cost_usd: string;
  limits: LimitView[];
}

/** `GET /api/usage/quota`. Reads one row of D1, because the gate does not know the name. The limits are told even without it. */
export async function quota({ env }: Call, keyId: string, report: Report): Promise<Shown<QuotaView>> {
  const named = drizzle(env.DB).select({ name: apiKeys.name }).from(apiKeys).where(eq(apiKeys.id, keyId)).get();
  const key = await named.catch((error: unknown) => record({ event: "key_name_unread", key: keyId, error }));
  const { standing, expiresAt } = report;
  return {
    ok: true,
    value: {
      name: key?.name ?? null,
      state: standing.state,
      state_until: iso(standing.until),
      expires_at: iso(expiresAt),
      today_cost_usd: formatUsd(report.day.costNanos),
      week_cost_usd: formatUsd(report.week.costNanos),
      total_cost_usd: formatUsd(report.totals.costNanos),
      limits: limitsOf(report),
    },
  };
}

function limitsOf({ policy, window, day, week, totals, leases }: Report): LimitView[] {
  const windowEnd = policy.windowMs === null ? null : window.startedAt + policy.windowMs;
  const limits = [
    count("concurrency", policy.concurrency, leases.length, null),
    count("window_requests", policy.windowRequests, window.requests, windowEnd),
    count("window_tokens", policy.windowTokens, window.tokens, windowEnd),
    money("window_cost_usd", policy.windowCostNanos, window.costNanos, windowEnd),
    money("daily_cost_usd", policy.dailyCostNanos, day.costNanos, day.startedAt + DAY_MS),
    money("weekly_cost_usd", policy.weeklyCostNanos, week.costNanos, week.startedAt + WEEK_MS),
    money("total_cost_usd", policy.totalCostNanos, totals.costNanos, null),
    count("total_tokens", policy.totalTokens, tokensOf(totals.usage), null),
  ];
  return limits.filter((limit) => limit !== null);
}

function count(name: LimitName, limit: number | null, used: number, resetsAt: number | null) {
  if (limit === null) return null;
  return { name, limit, used, remaining: Math.max(0, limit - used), resets_at: iso(resetsAt) };
}

function money(name: LimitName, limit: number | null, used: number, resetsAt: number | null): LimitView | null {
  const counted = count(name, limit, used, resetsAt);
  if (!counted) return null;
  const { limit: most, remaining } = counted;
  return { ...counted, limit: formatUsd(most), used: formatUsd(used), remaining: formatUsd(remaining) };
}

function iso(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
