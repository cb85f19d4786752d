/** Days of TIMEZONE_OFFSET, as the sums by day count them: days since the epoch, shifted by the offset. */
import { HOUR_MS } from "../ground/durations.ts";

/** The offset in milliseconds. */
export function offsetMs(env: Env): number {
  return (Number(env.TIMEZONE_OFFSET) || 0) * HOUR_MS;
}

/**
 * SQL for the day that an hour (column `hour`) belongs to: the day in which the hour begins. `offset` is the parameter with the offset in
 * milliseconds. It is cast because D1 binds every number as a float, and the division would not be whole.
 */
export function dayOfHour(offset: string): string {
  return `((hour * 3600000 + CAST(${offset} AS INTEGER)) / 86400000)`;
}
