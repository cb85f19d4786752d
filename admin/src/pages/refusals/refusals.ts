/** What the relay itself has refused: by key and reason as a list, by time as bars. Hourly counters without rows. Read only. */
import type { InferResponseType } from "hono/client";
import { type AdminClient, ask } from "../../api.ts";
import type { FiltersOf } from "../../list/filters.ts";
import { createList, type List } from "../../list/list.ts";
import { beginOf } from "../../parts/range.ts";
import type { REFUSAL_FILTERS } from "./filters.ts";

export type Refused = InferResponseType<AdminClient["admin"]["refusals"]["$get"], 200>;
export type RefusalRow = Refused["items"][number];
export type RefusalFilters = FiltersOf<typeof REFUSAL_FILTERS>;

const HOURS_OF_A_DAY = 24;
const DAYS_MOST = 32;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

export function createRefusals(client: AdminClient): List<RefusalRow, RefusalFilters> {
  return createList<RefusalRow, RefusalFilters>((page, filters, signal) =>
    ask(
      client.admin.refusals.$get(
        { query: { group_by: "key", then_by: "reason", ...rangeOf(filters), ...page } },
        { init: { signal } },
      ),
    ),
  );
}

/** The same by hour, or by day for more than a day. */
export function readTimes(client: AdminClient, filters: RefusalFilters, signal: AbortSignal) {
  const times =
    filters.range === undefined
      ? ({ group_by: "hour", limit: String(HOURS_OF_A_DAY + 1) } as const)
      : ({ group_by: "day", limit: String(DAYS_MOST) } as const);
  return ask(client.admin.refusals.$get({ query: { ...times, ...rangeOf(filters) } }, { init: { signal } }));
}

/** Without a range the API covers the last 24 hours. */
function rangeOf({ range, ...of }: RefusalFilters) {
  return range === undefined ? of : { ...of, from: beginOf(range, Date.now()) };
}

export interface Count {
  /** An hour, ISO 8601, or one of the relay's days. */
  at: string;
  count: number;
}

/**
 * One count for each hour of the range; or for each day from the first to the last that has any, because for days the answer does not say
 * when the relay's first one begins. Pure.
 */
export function countsOver({ items, from, to }: Pick<Refused, "items" | "from" | "to">): Count[] {
  const counts = new Map(items.map(({ hour, day, count }) => [hour ?? day ?? "", count]));
  const days = items.flatMap(({ day }) => day ?? []).sort();
  const [first] = days;
  const last = days.at(-1);
  const at =
    first === undefined || last === undefined
      ? steps(Date.parse(from), Date.parse(to) - HOUR_MS, HOUR_MS).map((time) => new Date(time).toISOString())
      : steps(Date.parse(first), Date.parse(last), DAY_MS).map((time) => new Date(time).toISOString().slice(0, 10));
  return at.map((bucket) => ({ at: bucket, count: counts.get(bucket) ?? 0 }));
}

/** Includes both ends. */
function steps(first: number, last: number, step: number): number[] {
  return Array.from({ length: Math.max(0, Math.floor((last - first) / step) + 1) }, (_, at) => first + at * step);
}
