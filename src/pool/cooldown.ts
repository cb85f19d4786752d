/**
 * The cooldown of one thing: until the moment that the provider named, or for a guess that grows as long as it proves
 * wrong. Knows nothing of keys, accounts or faults.
 */
import { MINUTE_MS } from "../ground/durations.ts";
import { LONGEST_RESET_MS } from "../providers/retry-after.ts";

/** Stored as part of an account's health. */
export interface Cooldown {
  until: number;
  condition: string;
  /** The provider named the end; a guess never replaces it. */
  known: boolean;
  /** How many guesses were wrong in a row; 0 while none was made. */
  level: number;
}

/** How long guesses are: the first one, the factor by which each further one grows, and the longest. */
interface Steps {
  firstMs: number;
  growth: number;
  longestMs: number;
}

const GUESS: Steps = { firstMs: 10_000, growth: 3, longestMs: 15 * MINUTE_MS };
const BREAKER: Steps = { firstMs: 15_000, growth: 2, longestMs: 5 * MINUTE_MS };
/** At this level the steps have reached their longest. */
const HIGHEST_LEVEL = 8;
/** A cooldown that ended so long ago has nothing to do with the next fault. */
const FORGOTTEN_AFTER_MS = 30 * MINUTE_MS;

/** A cooldown until `until`; if that is null, for a guess of 10 s, 30 s, 90 s … 15 minutes. */
export function startCooldown(before: Cooldown | null, until: number | null, condition: string, now: number): Cooldown {
  if (until === null) return guess(before, condition, GUESS, now);
  const named = Math.min(Math.max(until, now), now + LONGEST_RESET_MS);
  const level = before && !isForgotten(before, now) ? before.level : 0;
  // Of two ends that the provider named, the later one holds. A guess gives way to a named end, even to an earlier one.
  if (before?.known && before.until > named) return before;
  return { until: named, condition, known: true, level };
}

/** The cooldown of an open breaker: 15 s, 30 s … 5 minutes. */
export function openBreaker(before: Cooldown | null, condition: string, now: number): Cooldown {
  return guess(before, condition, BREAKER, now);
}

function guess(before: Cooldown | null, condition: string, steps: Steps, now: number): Cooldown {
  // If fifty requests under way are refused together, that is one wrong guess and not fifty.
  if (before && isActive(before, now)) return before;
  const level = before && !isForgotten(before, now) ? Math.min(before.level + 1, HIGHEST_LEVEL) : 1;
  const lastsMs = Math.min(steps.longestMs, steps.firstMs * steps.growth ** (level - 1));
  return { until: now + lastsMs, condition, known: false, level };
}

/** The cooldown after a success: the next guess will be a step shorter. Null: there is nothing left to remember. */
export function decayed(cooldown: Cooldown | null): Cooldown | null {
  return cooldown === null || cooldown.level <= 1 ? null : { ...cooldown, level: cooldown.level - 1 };
}

export function isActive(cooldown: Cooldown | null, now: number): boolean {
  return cooldown !== null && cooldown.until > now;
}

export function isForgotten(cooldown: Cooldown, now: number): boolean {
  return now - cooldown.until > FORGOTTEN_AFTER_MS;
}
