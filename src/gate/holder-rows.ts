/**
 * How much of D1 the holder of a key may have read in a day. The most that a read can be is set aside before it, so that a thousand of
 * them at once are no way around the bound; what it was less is given back. Counted with the gate's meter, by UTC's days.
 */
import { countUse, type Meter, usedOn } from "./meter.ts";

/** The free plan has 5 million for everybody and everything: no holder can use up more than a fifth. */
export const HOLDER_ROWS_A_DAY = 1_000_000;

/** D1 counts a sum twice, in its index and in its table. */
const ROWS_A_SUM = 2;

export interface HolderRead {
  /** Rows, whatever the key has been used for; below 0: given back. */
  rows: number;
  /** The most sums of the key's own. It has no more of them than it has had requests. */
  sums: number;
}

/** Counts a read in place, and returns its rows; null where they are not left. `requests`: what the key has had. */
export function setAside(meter: Meter, { rows, sums }: HolderRead, requests: number, now: number): number | null {
  const most = rows + ROWS_A_SUM * Math.min(sums, requests);
  const used = usedOn(meter, now).holderRows;
  if (most > 0 && used + most > HOLDER_ROWS_A_DAY) return null;
  countUse(meter, "holderRows", Math.max(most, -used), now);
  return most;
}
