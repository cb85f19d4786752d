/**
 * Corrects what was booked at a stand-in price, once the price is known. Pure.
 */
import type { Clock } from "../ground/calendar.ts";
import type { KeyPolicy } from "../keys/policy.ts";
import type { Correction } from "../store/corrections.ts";
import { type LimitState, roll } from "./limits.ts";

/** How many corrections are remembered, to recognise a repeated one. */
const REMEMBERED_MAX = 64;

/** The ids of the corrections that were made and this one, newest last. */
export function withCorrection(made: readonly string[], id: string): string[] {
  return [...made, id].slice(-REMEMBERED_MAX);
}

/**
 * The state with the corrections added to the total, and to the window, day and week that they were booked in. Periods that have
 * ended stay as they are: their limits were for then. No sum falls below zero, as it could if a period began between a request's end
 * and its booking.
 */
export function correct(
  before: LimitState,
  policy: KeyPolicy,
  corrections: readonly Correction[],
  clock: Clock,
): LimitState {
  const state = roll(before, policy, clock);
  const since = (start: number, spent: number) =>
    Math.max(
      0,
      corrections.reduce((total, [at, nanos]) => total + (at >= start ? nanos : 0), spent),
    );
  const { window, day, week, totals } = state;
  return {
    ...state,
    window: { ...window, costNanos: since(window.startedAt, window.costNanos) },
    day: { ...day, costNanos: since(day.startedAt, day.costNanos) },
    week: { ...week, costNanos: since(week.startedAt, week.costNanos) },
    totals: { ...totals, costNanos: since(Number.NEGATIVE_INFINITY, totals.costNanos) },
  };
}
