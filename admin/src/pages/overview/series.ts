/**
 * Sums of usage as bars: one bar for each hour or day, one colour for each of the dearest, and one for all others together. Pure. Hours
 * and days on which nothing was are in the answer of none, and are bars of no height here.
 */
import type { Bucket, Series } from "../../charts/bars.tsx";
import { daysBetween, hoursBetween } from "../../charts/days.ts";
import type { Formats } from "../../locale/format.ts";

/** There are six colours; the last is for the rest. */
const NAMED = 5;

/** What is read of one sum; which of the names it has follows from what it was grouped by. */
export interface Sum {
  hour?: string;
  day?: string;
  model?: string;
  key_id?: string;
  key_name?: string | null;
  account_id?: string | null;
  account_name?: string | null;
  cost_usd: string;
}

export interface CostBars {
  buckets: Bucket[];
  series: Series[];
}

export function costBars(
  sums: readonly Sum[],
  { from, to, by }: { from: string; to: string; by: "hour" | "day" },
  words: { others: string; none: string },
  format: Formats,
): CostBars {
  const times = by === "day" ? daysBetween(from, to) : hoursBetween(from, to);
  const totals = new Map<string, number>();
  for (const sum of sums)
    totals.set(nameOf(sum, words.none), (totals.get(nameOf(sum, words.none)) ?? 0) + Number(sum.cost_usd));
  const dearest = [...totals].sort(([, a], [, b]) => b - a).map(([name]) => name);
  const named = dearest.slice(0, NAMED);
  const shown = dearest.length > NAMED ? [...named, words.others] : named;
  const values = new Map(shown.map((name) => [name, times.map(() => 0)]));
  const places = new Map(times.map((time, at) => [time, at]));
  for (const sum of sums) {
    const name = nameOf(sum, words.none);
    const row = values.get(named.includes(name) ? name : words.others);
    const at = places.get((by === "day" ? sum.day : sum.hour) ?? "");
    if (row && at !== undefined) row[at] = (row[at] ?? 0) + Number(sum.cost_usd);
  }
  return {
    buckets: times.map((time) =>
      by === "day"
        ? { short: format.calendarDay(time), long: format.calendarDay(time) }
        : { short: format.hour(time), long: format.date(time) },
    ),
    series: shown.map((name) => ({ name, values: values.get(name) ?? [] })),
  };
}

function nameOf(sum: Sum, none: string): string {
  if (sum.model !== undefined) return sum.model;
  if (sum.key_id !== undefined) return sum.key_name ?? sum.key_id.slice(0, 8);
  if (sum.account_id === null) return none;
  return sum.account_name ?? sum.account_id ?? none;
}
