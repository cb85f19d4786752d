/** What the overview asks of the relay: sums of usage, refusals, and what needs somebody's attention. */
import type { InferRequestType, InferResponseType } from "hono/client";
import { type AdminClient, type Answer, ask } from "../../api.ts";
import { beginOf, RANGE_MS, type Range } from "../../parts/range.ts";
import type { Sum } from "./series.ts";

export const DIMENSIONS = ["model", "key", "account"] as const;
export type Dimension = (typeof DIMENSIONS)[number];

type Usage = AdminClient["admin"]["usage"]["$get"];
type UsageQuery = InferRequestType<Usage>["query"];
export type UsagePage = InferResponseType<Usage, 200>;

export interface Costs {
  from: string;
  to: string;
  by: "hour" | "day";
  sums: readonly Sum[];
  /** There are more sums than were read. */
  cut: boolean;
}

const PAGE = "200";
/** Each page is summed anew by D1, and 800 sums are more than a chart of 30 bars can show. */
const MOST_PAGES = 4;

export function bucketOf(range: Range): "hour" | "day" {
  return range === "24h" ? "hour" : "day";
}

/** All sums of the range, hour by hour or day by day. */
export function readBuckets(client: AdminClient, range: Range, signal: AbortSignal): Promise<Answer<UsagePage>> {
  const query = { group_by: bucketOf(range), from: beginOf(range, Date.now()), limit: PAGE } as const;
  return ask(client.admin.usage.$get({ query }, { init: { signal } }));
}

/** The totals of as long a time, just before. */
export async function readBefore(
  client: AdminClient,
  range: Range,
  signal: AbortSignal,
): Promise<Answer<UsagePage["totals"]>> {
  const now = Date.now();
  const query = {
    group_by: "day",
    from: beginOf(range, now - RANGE_MS[range]),
    to: beginOf(range, now),
    limit: "1",
  } as const;
  const answer = await ask(client.admin.usage.$get({ query }, { init: { signal } }));
  return answer.ok ? { ok: true, value: answer.value.totals } : answer;
}

export async function readCosts(
  client: AdminClient,
  range: Range,
  dimension: Dimension,
  signal: AbortSignal,
): Promise<Answer<Costs>> {
  const by = bucketOf(range);
  const from = beginOf(range, Date.now());
  const sums: Sum[] = [];
  let cursor: string | null = null;
  for (let page = 0; ; page++) {
    const query: UsageQuery = {
      group_by: by,
      then_by: dimension,
      from,
      limit: PAGE,
      ...(cursor !== null && { cursor }),
    };
    const answer: Answer<UsagePage> = await ask(client.admin.usage.$get({ query }, { init: { signal } }));
    if (!answer.ok) return answer;
    sums.push(...answer.value.items);
    cursor = answer.value.next_cursor;
    if (cursor === null || page + 1 === MOST_PAGES) {
      return { ok: true, value: { from: answer.value.from, to: answer.value.to, by, sums, cut: cursor !== null } };
    }
  }
}
