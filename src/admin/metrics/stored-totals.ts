/**
 * The counters of `/metrics` as one text in D1. The names of the columns are in it once, not beside each of the hundreds of series.
 * Pure.
 */
import { SUM_COLUMNS } from "../../store/sums.ts";
import type { Counters, Sums, Totals } from "./totals.ts";

interface Stored extends Omit<Totals, "closed" | "shown"> {
  /** The columns of the version that wrote it. A later version may have more, in another order. */
  columns: readonly string[];
  closed: StoredCounters;
  shown: StoredCounters;
}

interface StoredCounters extends Omit<Counters, "sums"> {
  /** In the order of the columns, without trailing zeros. */
  sums: Readonly<Record<string, readonly number[]>>;
}

export function textOf({ closed, shown, ...more }: Totals): string {
  const stored: Stored = { ...more, columns: SUM_COLUMNS, closed: inOrder(closed), shown: inOrder(shown) };
  return JSON.stringify(stored);
}

export function totalsIn(text: string): Totals {
  const stored: Stored | Totals = JSON.parse(text);
  // Written before this form existed: each value has its name.
  if (!("columns" in stored)) return stored;
  const { columns, closed, shown, ...more } = stored;
  return { ...more, closed: named(closed, columns), shown: named(shown, columns) };
}

function inOrder({ sums, refusals }: Counters): StoredCounters {
  return { sums: each(sums, (of) => withoutLastZeros(SUM_COLUMNS.map((column) => of[column] ?? 0))), refusals };
}

function withoutLastZeros(values: readonly number[]): readonly number[] {
  return values.slice(0, values.findLastIndex((value) => value !== 0) + 1);
}

function named({ sums, refusals }: StoredCounters, columns: readonly string[]): Counters {
  const sumsOf = (values: readonly number[]): Sums =>
    Object.fromEntries(columns.flatMap((column, at) => (values[at] ? [[column, values[at]] as const] : [])));
  return { sums: each(sums, sumsOf), refusals };
}

function each<From, To>(record: Readonly<Record<string, From>>, of: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, of(value)]));
}
