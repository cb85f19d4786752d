/** Each limit of a key, with how much of it is used and when it resets. Pure. */
import type { ApiKey, LiveKey } from "../keys/keys.ts";

export interface UsedLimit {
  name: "today" | "week" | "total" | "tokens" | "windowRequests" | "windowTokens" | "windowCost" | "inFlight";
  used: string | number;
  limit: string | number;
  /** Whether both values are decimal USD. */
  money: boolean;
  /** Null: never. */
  resetsAt: string | null;
}

type Limits = Pick<
  ApiKey,
  | "daily_cost_limit_usd"
  | "weekly_cost_limit_usd"
  | "total_cost_limit_usd"
  | "token_limit"
  | "rate_limit_requests"
  | "rate_limit_tokens"
  | "rate_limit_cost_usd"
  | "concurrency_limit"
>;

export function limitsOf(key: Limits, live: LiveKey): UsedLimit[] {
  const limits: UsedLimit[] = [];
  const add = (
    name: UsedLimit["name"],
    limit: string | number | null,
    used: string | number,
    resetsAt: string | null,
  ) => {
    if (limit !== null) limits.push({ name, used, limit, money: typeof limit === "string", resetsAt });
  };
  add("today", key.daily_cost_limit_usd, live.today.cost_usd, live.today.resets_at);
  add("week", key.weekly_cost_limit_usd, live.week.cost_usd, live.week.resets_at);
  add("total", key.total_cost_limit_usd, live.total.cost_usd, null);
  add("tokens", key.token_limit, live.total.tokens, null);
  const { window } = live;
  if (window !== null) {
    add("windowRequests", key.rate_limit_requests, window.requests, window.resets_at);
    add("windowTokens", key.rate_limit_tokens, window.tokens, window.resets_at);
    add("windowCost", key.rate_limit_cost_usd, window.cost_usd, window.resets_at);
  }
  add("inFlight", key.concurrency_limit, live.in_flight, null);
  return limits;
}
