/** The state and the limits of a key in words, for the list. Pure. The gate reports the state and when it ends. */
import type { Formats } from "../../locale/format.ts";
import type { Tone } from "../../parts/badge.tsx";
import type { ApiKey } from "./keys.ts";
import { words } from "./words.ts";

/** Limits that the list has no room for. It counts them, so that a limited key never looks unlimited. */
const OTHER_LIMITS = [
  "activation_days",
  "activation_hours",
  "rate_limit_tokens",
  "rate_limit_cost_usd",
  "token_limit",
  "bound_account_id",
  "bound_group_id",
] as const satisfies (keyof ApiKey)[];
const OTHER_RULES = [
  "permissions",
  "allowed_models",
  "denied_models",
  "allowed_clients",
  "allowed_ips",
] as const satisfies (keyof ApiKey)[];

type Limits = Pick<
  ApiKey,
  | "concurrency_limit"
  | "rate_limit_requests"
  | "rate_limit_window_minutes"
  | "expires_at"
  | "daily_cost_limit_usd"
  | "weekly_cost_limit_usd"
  | "total_cost_limit_usd"
  | (typeof OTHER_LIMITS)[number]
  | (typeof OTHER_RULES)[number]
>;
type Standing = Pick<ApiKey, "state" | "state_limit" | "state_until">;

export interface KeyFace {
  text: string;
  tone: Tone;
  /** Which limit it is, and until when; undefined if there is nothing to explain. */
  why: string | undefined;
}

export function keyState({ state, state_limit: limit, state_until: until }: Standing, format: Formats): KeyFace {
  const end = until === null ? undefined : words.stateUntil(format.date(until));
  const why = [limit === null ? undefined : words.limitNames[limit], end].filter(Boolean).join(", ") || undefined;
  return { text: words.states[state], tone: STATE_TONES[state], why };
}

export const STATE_TONES: Record<ApiKey["state"], Tone> = {
  active: "ok",
  budget_used: "bad",
  window_full: "warn",
  expired: "warn",
  disabled: "off",
  deleted: "off",
  unknown: "off",
};

/** The limits in force, or the word for none. `now` in milliseconds since the epoch. */
export function keyLimits(key: Limits, now: number, format: Formats): string {
  const limits: string[] = [];
  if (key.daily_cost_limit_usd !== null) limits.push(words.perDay(format.usd(key.daily_cost_limit_usd)));
  if (key.weekly_cost_limit_usd !== null) limits.push(words.perWeek(format.usd(key.weekly_cost_limit_usd)));
  if (key.total_cost_limit_usd !== null) limits.push(words.inTotal(format.usd(key.total_cost_limit_usd)));
  if (key.concurrency_limit !== null) limits.push(words.atOnce(format.count(key.concurrency_limit)));
  if (key.rate_limit_requests !== null && key.rate_limit_window_minutes !== null) {
    limits.push(words.perWindow(format.count(key.rate_limit_requests), format.count(key.rate_limit_window_minutes)));
  }
  if (key.expires_at !== null) {
    const when = format.date(key.expires_at);
    limits.push(Date.parse(key.expires_at) <= now ? words.expiredAt(when) : words.expires(when));
  }
  const others =
    OTHER_LIMITS.filter((name) => key[name] !== null).length +
    OTHER_RULES.filter((name) => key[name].length > 0).length;
  if (others > 0) limits.push(words.otherLimits(others));
  return limits.length === 0 ? words.unlimited : limits.join(" · ");
}
