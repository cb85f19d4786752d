/**
 * How much of D1 the holder of a key may have read in a day. Before a read, the most rows that it can take are set aside, so that a
 * thousand reads at once do not get around the bound; afterwards the rows that it did not take are given back. The gate's meter
 * counts them, by days of UTC.
 */
import { countUse, type Meter, usedOn } from "./meter.ts";

/** The free plan has 5 million rows a day for everybody and everything: one holder can use up a fifth at the most. */
export const HOLDER_ROWS_A_DAY = 1_000_000;

/** D1 counts a row of sums twice, in its index and in its table. */
const ROWS_A_SUM = 2;

export interface HolderRead {
  /** Rows that the read takes however much the key was used; below 0: rows that are given back. */
  rows: number;
  /** The most rows of the key's own sums that it takes. A key has no more of them than it has had requests. */
  sums: number;
}

/** Counts a read in place, and returns its rows; null if not so many are left. `requests`: how many the key has had. */
export function setAside(meter: Meter, { rows, sums }: HolderRead, requests: number, now: number): number | null {
  const most = rows + ROWS_A_SUM * Math.min(sums, requests);
  const used = usedOn(meter, now).holderRows;
  if (most > 0 && used + most > HOLDER_ROWS_A_DAY) return null;
  countUse(meter, "holderRows", Math.max(most, -used), now);
  return most;
}
