/**
 * What a gate has used today of the free plan's allowances, by its own count. Days are UTC's, as Cloudflare counts them. It is
 * stored with whatever else is, and D1 is told with the key's figures: it costs nothing by itself, and lacks the last minutes.
 */
import { DAY_MS } from "../ground/durations.ts";

export interface Meter {
  /** Days since the epoch. */
  day: number;
  /** Requests of Workers that asked to be admitted. */
  admissions: number;
  /** Calls of this object, and its alarms. */
  requests: number;
  /** Rows that it has written to its own storage, alarms among them. */
  rows: number;
  /** Rows of D1 that its flushes have written. */
  d1Rows: number;
  /** Times that the key's holder has had D1 read. */
  holderReads: number;
}

/**
 * How often a day the holder of a key may have D1 read. Such a read is of some 1,200 rows at the most, beside the key's own sums,
 * and the free plan has 5 million a day for everything: no holder can use up more than a quarter of them.
 */
export const HOLDER_READS_A_DAY = 1_000;

export const NO_USE: Meter = { day: 0, admissions: 0, requests: 0, rows: 0, d1Rows: 0, holderReads: 0 };

/** Counts in place. `now` in milliseconds since the epoch. */
export function countUse(meter: Meter, of: Exclude<keyof Meter, "day">, times: number, now: number): void {
  if (meter.day !== Math.floor(now / DAY_MS)) Object.assign(meter, usedOn(meter, now));
  meter[of] += times;
}

/** What the meter has of the day of `now`. */
export function usedOn(meter: Meter, now: number): Meter {
  const day = Math.floor(now / DAY_MS);
  return meter.day === day ? meter : { ...NO_USE, day };
}
