/** What a key has used elsewhere before it came here: its limits go on from there. Pure. */
import type { Clock } from "../ground/calendar.ts";
import type { KeyPolicy } from "../keys/policy.ts";
import type { Usage } from "../vocabulary.ts";
import { type LimitState, roll } from "./limits.ts";

/** Up to the moment it is carried over: the day and the week are those that are under way then. */
export interface Carried {
  requests: number;
  usage: Usage;
  totalNanos: number;
  dayNanos: number;
  weekNanos: number;
  firstUsedAt: number | null;
}

/** The limits with it. A key that was used here already, or has carried something over before, keeps what it has. */
export function carryOver(before: LimitState, policy: KeyPolicy, carried: Carried, clock: Clock): LimitState {
  if (before.firstUsedAt !== null || before.totals.requests > 0 || before.totals.costNanos > 0) return before;
  const state = roll(before, policy, clock);
  return {
    ...state,
    firstUsedAt: carried.firstUsedAt,
    day: { ...state.day, costNanos: carried.dayNanos },
    week: { ...state.week, costNanos: carried.weekNanos },
    totals: { requests: carried.requests, usage: carried.usage, costNanos: carried.totalNanos },
  };
}
