/** When a gate tells D1 what it has booked and counted. */
import { MINUTE_MS } from "../ground/durations.ts";

/**
 * How long a booked request may wait for others to share its trip to D1: a steady agent books some twenty in this time.
 * Each alarm is a billed request and row, each trip a row or more of sums. Whoever looks at the log does not wait.
 */
export const FLUSH_DELAY_MS = 3 * MINUTE_MS;
/**
 * How long refusals alone may wait: a key that is refused all day long must not ring the alarm all day long. Whoever looks at
 * them does not wait.
 */
export const REFUSALS_DELAY_MS = 15 * MINUTE_MS;
/** A flush this large pays for its own overhead. */
export const FLUSH_ENTRIES = 32;
/** Pages go out in portions, one an alarm. */
export const NEXT_PORTION_MS = 1_000;
