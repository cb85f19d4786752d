/**
 * The counters of `/metrics` as one text of D1: the columns' names stand in it once, and not beside each series, of which there are
 * hundreds. Pure.
 */
import { SUM_COLUMNS } from "../../store/sums.ts";
import type { Counters, Sums, Totals } from "./totals.ts";

interface Stored extends Omit<Totals, "closed" | "shown"> {
  /** Of the version that wrote it: a later one may have more, in another order. */
  columns: readonly string[];
  closed: StoredCounters;
  shown: StoredCounters;
}

interface StoredCounters extends Omit<Counters, "sums"> {
  /** In the order of the columns, without the zeros at the end. */
  sums: Readonly<Record<string, readonly number[]>>;
}

export function textOf({ closed, shown, ...more }: Totals): string {
  const stored: Stored = { ...more, columns: SUM_COLUMNS, closed: inOrder(closed), shown: inOrder(shown) };
  return JSON.stringify(stored);
}

export function totalsIn(text: string): Totals {
  const stored: Stored | Totals = JSON.parse(text);
  // Written before there was this form: the names stand beside each value.
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
