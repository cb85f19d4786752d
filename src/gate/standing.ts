/**
 * Whether a key may be used at this moment, as its gate would answer a request with no others in flight. Pure. A state holds for every
 * request of the key: a rule that only some requests break, and a slot that is taken for a moment, are none.
 */
import type { Allowance } from "../ground/allowance.ts";
import type { Clock } from "../ground/calendar.ts";
import type { KeyPolicy } from "../keys/policy.ts";
import { type LimitState, refusalAlone } from "./limits.ts";

export const KEY_STATES = ["active", "budget_used", "window_full", "expired", "disabled"] as const;
export type KeyState = (typeof KEY_STATES)[number];

export interface KeyStanding {
  state: KeyState;
  /** The limit that is used up, if one is. */
  limit: Allowance["of"] | null;
  /** When the state ends by itself, milliseconds since the epoch; null: it does not. */
  until: number | null;
}

const ACTIVE: KeyStanding = { state: "active", limit: null, until: null };

/** The state of a key with this policy and these figures. Leases do not count. */
export function keyStanding(figures: LimitState, policy: KeyPolicy, clock: Clock): KeyStanding {
  if (!policy.enabled) return { state: "disabled", limit: null, until: null };
  const refusal = refusalAlone(figures, policy, clock);
  switch (refusal?.reason) {
    case "key_expired":
      return { state: "expired", limit: null, until: null };
    case "window":
      return { state: "window_full", limit: `window_${refusal.of}`, until: refusal.resetAt };
    case "budget":
      return { state: "budget_used", limit: BUDGETS[refusal.of], until: refusal.resetAt };
    case "token_budget":
      return { state: "budget_used", limit: "total_tokens", until: null };
    default:
      return ACTIVE;
  }
}

const BUDGETS = { day: "daily_cost", week: "weekly_cost", total: "total_cost" } as const;
