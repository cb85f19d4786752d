/** The overview as the relay composes it: one request, whatever is shown of it. */
import type { InferResponseType } from "hono/client";
import { type AdminClient, type Answer, ask } from "../../api.ts";
import type { Bucket, Series } from "../../charts/bars.tsx";
import type { Formats } from "../../locale/format.ts";
import { beginOf, type Range } from "../../parts/range.ts";

export const STACKS = ["model", "key", "account"] as const;
export type Stack = (typeof STACKS)[number];

export type Overview = InferResponseType<AdminClient["admin"]["overview"]["$get"], 200>;

export function readOverview(
  client: AdminClient,
  range: Range,
  stack: Stack,
  signal: AbortSignal,
): Promise<Answer<Overview>> {
  const query = { from: beginOf(range, Date.now()), stack };
  return ask(client.admin.overview.$get({ query }, { init: { signal } }));
}

export type Refusals = InferResponseType<AdminClient["admin"]["refusals"]["$get"], 200>;

const MOST_REFUSALS = "10";

/** In the last 24 hours: requests that were refused before any account was asked. */
export function readRefusals(client: AdminClient, signal: AbortSignal): Promise<Answer<Refusals>> {
  const query = { group_by: "key", then_by: "reason", limit: MOST_REFUSALS } as const;
  return ask(client.admin.refusals.$get({ query }, { init: { signal } }));
}

/** A bucket is an hour, ISO 8601, or one of the relay's days. Pure. */
export function bucketNames(buckets: readonly string[], format: Formats): Bucket[] {
  return buckets.map((bucket) =>
    bucket.length > 10
      ? { short: format.hour(bucket), long: format.date(bucket) }
      : { short: format.calendarDay(bucket), long: format.calendarDay(bucket) },
  );
}

/** There are six colours, and the last is for the rest. */
const NAMED = 5;

type Layer = Pick<Overview["stack"][number], "id" | "name" | "cost_usd">;

/**
 * The layers of the bars, the most expensive first. Pure. `others`: the name for all that are not among the most expensive; `none`: for
 * what has no account, or no name.
 */
export function costSeries(stack: readonly Layer[], words: { others: string; none: string }): Series[] {
  const named = stack.filter(({ id }) => id !== null);
  const shown = named.length === stack.length && named.length <= NAMED + 1 ? named : named.slice(0, NAMED);
  const rest = stack.filter((layer) => !shown.includes(layer));
  const series = shown.map(({ id, name, cost_usd }) => ({
    name: name || id?.slice(0, 40) || words.none,
    values: cost_usd.map(Number),
  }));
  if (rest.length === 0) return series;
  const sums = (rest[0]?.cost_usd ?? []).map((_, at) =>
    rest.reduce((sum, { cost_usd }) => sum + Number(cost_usd[at] ?? 0), 0),
  );
  return [...series, { name: words.others, values: sums }];
}

/** The relative change, 0.5 for half as much again; null if there was nothing before, or it is unknown. Pure. */
export function changeOf(now: number | null, before: number | null): number | null {
  return now === null || before === null || before === 0 ? null : (now - before) / before;
}
