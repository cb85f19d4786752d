/**
 * How often the request table asks for news. Pure.
 *
 * Each poll is a Worker request, and the free plan has 100,000 a day: a console that is forgotten in a visible tab must not use up what
 * the relay itself needs. So an idle table becomes slower. Anything new, or the tab coming back, makes it quick again.
 */
const QUICK_MS = 3_000;
const IDLE_MS = 10_000;
/** Two minutes without news at the quick pace. */
const IDLE_AFTER_POLLS = 40;
const LONGEST_MS = 60_000;

/** Milliseconds until the next poll, given the number of polls without news and of consecutive failures so far. */
export function pollDelay(quietPolls: number, failures: number): number {
  if (failures > 0) return Math.min(LONGEST_MS, QUICK_MS * 2 ** failures);
  return quietPolls < IDLE_AFTER_POLLS ? QUICK_MS : IDLE_MS;
}
