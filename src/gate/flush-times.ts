/** When a gate writes to D1 what it has booked and counted. */
import { MINUTE_MS } from "../ground/durations.ts";

/**
 * How long a booked request may wait for others to share its trip to D1: a steady agent books some twenty in this time.
 * Each alarm is a billed request and row, each trip a row or more of sums. Reading the log flushes at once.
 */
export const FLUSH_DELAY_MS = 3 * MINUTE_MS;
/**
 * How long refusals alone may wait: a key that is refused all day long must not ring the alarm all day long. Reading the
 * refusals flushes at once.
 */
export const REFUSALS_DELAY_MS = 15 * MINUTE_MS;
/** The pause between two flushes while pages of the outbox are left: each takes a portion of them. */
export const NEXT_PORTION_MS = 1_000;
