/**
 * What is summed of requests, by hour and then by day. This is the one list: ledger, folding, reports and tables are made from it, and
 * one more sum is a line here and a migration. Pure: it makes SQL.
 */
import { USAGE_COLUMNS } from "../vocabulary.ts";
import { BUCKETS, type Bucket } from "./latency.ts";
import { OUTCOMES, type Outcome } from "./schema.ts";

/** SQL for a column of the request log. */
type Of = (column: string) => string;

export function outcomeColumn(outcome: Outcome): string {
  return `outcome_${outcome}`;
}

/** Column of the sums → what one request adds to it. */
const ADDED: Record<string, (of: Of) => string> = {
  requests: () => "1",
  // Answered with 400 or above, or broken off in the middle of an answer that had begun with a 200.
  errors: (of) => `(${of("status")} >= 400 OR ${of("outcome")} = 'upstream_broke')`,
  ...Object.fromEntries(
    [...Object.values(USAGE_COLUMNS), "cost_nanos", "unpriced"].map((name) => [name, (of: Of) => of(name)]),
  ),
  ...Object.fromEntries(
    OUTCOMES.map((outcome) => [outcomeColumn(outcome), (of: Of) => `(${of("outcome")} = '${outcome}')`]),
  ),
  ...Object.fromEntries(BUCKETS.ttft.map((bucket) => [bucket.column, (of: Of) => within(of("ttft_ms"), bucket)])),
  ...Object.fromEntries(
    BUCKETS.duration.map((bucket) => [
      bucket.column,
      (of: Of) => `(${of("outcome")} = 'completed' AND ${within(of("duration_ms"), bucket)})`,
    ]),
  ),
};

function within(value: string, { from, to }: Bucket): string {
  return `coalesce(${value} > ${from}${to === null ? "" : ` AND ${value} <= ${to}`}, 0)`;
}

export const SUM_COLUMNS: readonly string[] = Object.keys(ADDED);

/** What one request adds to each sum, in their order; with `times` -1 it is taken back. */
export function addedBy(of: Of, times: 1 | -1): string {
  const sign = times === 1 ? "" : "-";
  return Object.entries(ADDED)
    .map(([column, added]) => `${sign}${added(of)} AS ${column}`)
    .join(", ");
}

/** The sums of rows that have these columns. */
export const SUMMED_UP = SUM_COLUMNS.map((column) => `sum(${column}) AS ${column}`).join(", ");

/** The end of an INSERT that adds what it brings to the row that is there. */
export const ADD_TO_SUMS = `DO UPDATE SET ${SUM_COLUMNS.map((column) => `${column} = ${column} + excluded.${column}`).join(", ")}`;
