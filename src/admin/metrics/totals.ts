/**
 * Counters that only grow, made from hourly sums that are corrected, folded and deleted in time. One row of the settings has what was
 * summed of hours that are over, and what was shown last; a scrape reads it and the hours since. They begin with the first scrape, and do
 * not include what is booked more than an hour late. Pure.
 */
import { outcomeColumn, SUM_COLUMNS } from "../../store/sums.ts";

/** The label for all further models once there are enough of them. */
export const OTHER = "other";
/** Holders of keys choose models' names, and each would be a time series for ever. */
export const MOST_PAIRS = 300;
/**
 * The other half is for models that have answered, because anybody with a key can ask for names that do not exist. A model that was
 * counted under `other` until it answered leaves its failures of that hour there.
 */
const MOST_UNANSWERED = 150;

/** By column; what is missing is 0. */
export type Sums = Readonly<Record<string, number>>;

export interface Counters {
  /** Account ("": none was reached) and model, separated by a tab. */
  sums: Readonly<Record<string, Sums>>;
  /** By reason. */
  refusals: Readonly<Record<string, number>>;
}

export interface Totals {
  /** Hours since the epoch. `closed` includes what was booked in the hours before it. */
  hour: number;
  /** How often the row was written. Of two scrapes at the same time, only one writes. */
  revision: number;
  closed: Counters;
  shown: Counters;
}

/** D1's sums of some hours. */
export interface Hours {
  sums: readonly ({ account_id: string; model: string } & Record<string, unknown>)[];
  refusals: readonly { reason: string; count: number }[];
}

export const NOTHING: Counters = { sums: {}, refusals: {} };

/**
 * The counters with those hours added. `named`: the pairs that were shown under their own names. They keep them: one that moved to `other`
 * would stand still, while its requests would be counted there once more.
 */
export function plus(counters: Counters, hours: Hours, named: Iterable<string> = []): Counters {
  const sums: Record<string, Sums> = { ...counters.sums };
  const taken = new Set([...named, ...Object.keys(sums)]);
  const busiestFirst = [...hours.sums].sort((a, b) => Number(b.requests) - Number(a.requests));
  for (const row of busiestFirst) {
    const wanted = `${row.account_id}\t${row.model}`;
    const room = Number(row[outcomeColumn("completed")] ?? 0) > 0 ? MOST_PAIRS : MOST_UNANSWERED;
    const pair = taken.has(wanted) || taken.size < room ? wanted : `${row.account_id}\t${OTHER}`;
    taken.add(pair);
    sums[pair] = each(SUM_COLUMNS, (column) => (sums[pair]?.[column] ?? 0) + Number(row[column] ?? 0));
  }
  const refusals = { ...counters.refusals };
  for (const { reason, count } of hours.refusals) refusals[reason] = (refusals[reason] ?? 0) + count;
  return { sums, refusals };
}

/**
 * The higher value of each. A request that was booked as lost and has ended after all, or one whose price was set later, lowers a sum. To
 * Prometheus, a counter that falls has begun anew, and all of it would be counted a second time.
 */
export function highest(a: Counters, b: Counters): Counters {
  return {
    sums: each(Object.keys({ ...a.sums, ...b.sums }), (pair) =>
      each(SUM_COLUMNS, (column) => Math.max(a.sums[pair]?.[column] ?? 0, b.sums[pair]?.[column] ?? 0)),
    ),
    refusals: each(Object.keys({ ...a.refusals, ...b.refusals }), (reason) =>
      Math.max(a.refusals[reason] ?? 0, b.refusals[reason] ?? 0),
    ),
  };
}

/** Values of 0 are left out, which keeps the row small. */
function each<Value extends number | Sums>(names: readonly string[], of: (name: string) => Value) {
  return Object.fromEntries(names.map((name) => [name, of(name)] as const).filter(([, value]) => value !== 0));
}

export function accountAndModel(pair: string): { accountId: string; model: string } {
  const [accountId = "", model = ""] = pair.split("\t");
  return { accountId, model };
}
