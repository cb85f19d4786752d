/**
 * What a gate has used today of the free plan's allowances, by its own count. Days are those of UTC, as Cloudflare counts them. The
 * meter is stored whenever the state is, and goes to D1 with the key's figures: so it costs nothing by itself, and lacks the last minutes.
 */
import { DAY_MS } from "../ground/durations.ts";

export interface Meter {
  /** Days since the epoch. */
  day: number;
  /** Requests that asked to be admitted. */
  admissions: number;
  /** Calls of this object and its alarms, which are billed alike. */
  requests: number;
  /** Rows written to the object's own storage; setting an alarm counts as one. */
  rows: number;
  /** Rows of D1 that its flushes have written. */
  d1Rows: number;
  /** Rows of D1 that the key's holder has had read (holder-rows.ts). */
  holderRows: number;
}

export const NO_USE: Meter = { day: 0, admissions: 0, requests: 0, rows: 0, d1Rows: 0, holderRows: 0 };

/** Counts in place. `now` in milliseconds since the epoch. */
export function countUse(meter: Meter, of: Exclude<keyof Meter, "day">, times: number, now: number): void {
  if (meter.day !== Math.floor(now / DAY_MS)) Object.assign(meter, usedOn(meter, now));
  meter[of] += times;
}

/** The meter for the day of `now`: nothing if it has counted another day. */
export function usedOn(meter: Meter, now: number): Meter {
  const day = Math.floor(now / DAY_MS);
  return meter.day === day ? meter : { ...NO_USE, day };
}
