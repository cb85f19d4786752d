/**
 * One thing that has stepped aside, and for how long: until the moment that the provider named, or for a guess that
 * grows while it keeps being wrong. Knows nothing of keys, accounts or faults.
 */
import { MINUTE_MS } from "../ground/durations.ts";
import { LONGEST_RESET_MS } from "../providers/retry-after.ts";

export interface Parked {
  until: number;
  condition: string;
  /** The provider named the end; a guess never replaces it. */
  known: boolean;
  /** How many guesses were wrong in a row; 0 while none was made. */
  level: number;
}

const FIRST_GUESS_MS = 10_000;
const GUESS_GROWTH = 3;
const LONGEST_GUESS_MS = 15 * MINUTE_MS;
const FIRST_OPENING_MS = 15_000;
const OPENING_GROWTH = 2;
const LONGEST_OPENING_MS = 5 * MINUTE_MS;
/** Beyond this the steps have reached their caps. */
const HIGHEST_LEVEL = 8;
/** An end that is this long past has nothing to do with the next fault. */
const FORGOTTEN_AFTER_MS = 30 * MINUTE_MS;

/** Parked until `until`, or for 10 s, 30 s, 90 s … 15 minutes where that is null. */
export function park(before: Parked | null, until: number | null, condition: string, now: number): Parked {
  if (until === null) return guess(before, condition, now, FIRST_GUESS_MS, GUESS_GROWTH, LONGEST_GUESS_MS);
  const named = Math.min(Math.max(until, now), now + LONGEST_RESET_MS);
  const level = before && !forgotten(before, now) ? before.level : 0;
  // Of two named ends both hold; a guess gives way to what is known, also where it was longer.
  if (before?.known && before.until > named) return before;
  return { until: named, condition, known: true, level };
}

/** Open for 15 s, 30 s … 5 minutes. */
export function breakerOpening(before: Parked | null, condition: string, now: number): Parked {
  return guess(before, condition, now, FIRST_OPENING_MS, OPENING_GROWTH, LONGEST_OPENING_MS);
}

function guess(
  before: Parked | null,
  condition: string,
  now: number,
  first: number,
  growth: number,
  cap: number,
): Parked {
  // Fifty requests under way are refused together; that is one wrong guess, not fifty.
  if (before && isActive(before, now)) return before;
  const level = before && !forgotten(before, now) ? Math.min(before.level + 1, HIGHEST_LEVEL) : 1;
  return { until: now + Math.min(cap, first * growth ** (level - 1)), condition, known: false, level };
}

/** After a success: the next guess is a step shorter, and in the end there is nothing to remember. */
export function decayed(parked: Parked | null): Parked | null {
  return parked === null || parked.level <= 1 ? null : { ...parked, level: parked.level - 1 };
}

export function isActive(parked: Parked | null, now: number): boolean {
  return parked !== null && parked.until > now;
}

export function forgotten(parked: Parked, now: number): boolean {
  return now - parked.until > FORGOTTEN_AFTER_MS;
}
