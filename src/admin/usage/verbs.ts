/** Reading usage back, summed up. What the gates have settled but not yet written is written first. */
import { flushRecentlySettled } from "../../gate/recently-settled.ts";
import { DAY_MS, HOUR_MS } from "../../ground/durations.ts";
import { formatUsd } from "../../pricing/money.ts";
import { offsetMs } from "../../store/days.ts";
import { BUCKETS, type Latency, percentile } from "../../store/latency.ts";
import { OUTCOMES } from "../../store/schema.ts";
import { outcomeColumn } from "../../store/sums.ts";
import { USAGE_COLUMNS, usageOfFields, usageView } from "../../vocabulary.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { type FieldProblem, invalid } from "../api/refusal.ts";
import { MOST_SUMS, totalsQueryOf, type UsageQuery, type UsageRow, usageQueryOf } from "./query.ts";
import type { PercentilesView, ReadUsage, SumsOf, UsageGroup, UsageItem, UsagePage, UsageSums } from "./schema.ts";

const DEFAULT_DAYS = 30;
const MOST_DAYS = 366;
/** If hours are asked for: there are 744 of them. */
const MOST_DAYS_OF_HOURS = 31;

export async function readUsage(context: VerbContext, input: ReadUsage): Promise<VerbResult<UsagePage>> {
  const { limit, cursor: skip = 0, fill } = input;
  const offset = offsetMs(context.env);
  const range = rangeOf(input, groupsOf(input), context.now, offset);
  const buckets = bucketsOf(groupsOf(input), range, offset);
  // Newest first, like the items.
  const filled = fill && buckets ? buckets.toReversed().slice(skip, skip + limit) : null;
  const [newest, oldest] = [filled?.[0], filled?.at(-1)];
  const only = newest !== undefined && oldest !== undefined ? { first: oldest, last: newest } : undefined;
  const read = await readSums(context, input, limit, filled ? 0 : skip, only ? { buckets: only } : {});
  if (!read.ok) return read;
  const { groups, rows, totals } = read.value;
  const page = filled
    ? filled.map((bucket) => rows.find((row) => row.group_1 === bucket) ?? { ...EMPTY_ROW, group_1: bucket })
    : rows.slice(0, limit);
  const more = filled ? (buckets?.length ?? 0) > skip + limit : rows.length > limit;
  return {
    ok: true,
    value: {
      items: page.map((row) => itemOf(row, groups)),
      next_cursor: more ? String(skip + limit) : null,
      totals: sumsOf(totals),
      buckets: buckets?.map((bucket) => bucketName(groups.includes("hour") ? "hour" : "day", bucket)) ?? null,
      from: new Date(range.from).toISOString(),
      to: new Date(range.to).toISOString(),
    },
  };
}

const EMPTY_ROW: UsageRow = { group_1: null, group_2: null, name_1: null, name_2: null, read: null };

interface Sums {
  groups: UsageQuery["groups"];
  /** One more than `limit` if there are more. */
  rows: UsageRow[];
  totals: UsageRow;
}

/** The sums of the range by the requested groups. */
export async function readSums(
  { env, now }: VerbContext,
  input: SumsOf,
  limit: number,
  skip: number,
  place: Pick<UsageQuery, "buckets" | "after"> = {},
): Promise<VerbResult<Sums>> {
  const groups = groupsOf(input);
  const offset = offsetMs(env);
  const { from, to } = rangeOf(input, groups, now, offset);
  const problem = rangeProblem(from, to, groups);
  if (problem) return { ok: false, refusal: invalid(problem) };
  await flushRecentlySettled(env);
  const { key_id: keyId, account_id: accountId, model, client } = input;
  const chosen = { keyId, accountId, model, client };
  const asked = { groups, from, to, offsetMs: offset, ...chosen, limit, skip, ...place };
  const { sql, values } = usageQueryOf(asked);
  const { results } = await env.DB.prepare(sql)
    .bind(...values)
    .all<UsageRow>();
  const [totals, ...rows] = results;
  if (!totals) throw new Error("The totals of usage are missing");
  if ((totals.read ?? 0) > MOST_SUMS) {
    return { ok: false, refusal: invalid(TOO_MANY_SUMS) };
  }
  return { ok: true, value: { groups, rows, totals } };
}

export const TOO_MANY_SUMS: FieldProblem = {
  field: "from",
  message: `makes a range of more than ${MOST_SUMS} sums; ask for a shorter one, or for one key`,
};

/** The sums of a whole range over everything; null if there are too many of them. */
export async function readTotals({ env }: VerbContext, from: number, to: number): Promise<UsageRow | null> {
  const { sql, values } = totalsQueryOf({ from, to, offsetMs: offsetMs(env) });
  const row = await env.DB.prepare(sql)
    .bind(...values)
    .first<UsageRow>();
  return row && (row.read ?? 0) <= MOST_SUMS ? row : null;
}

function groupsOf({ group_by, then_by }: SumsOf): UsageQuery["groups"] {
  return then_by ? [group_by, then_by] : [group_by];
}

/** The hours, or else the days, of the range since the epoch, oldest first; null if neither is a group. */
export function bucketsOf(
  groups: readonly UsageGroup[],
  { from, to }: { from: number; to: number },
  offset: number,
): number[] | null {
  const hours = groups.includes("hour");
  if (!hours && !groups.includes("day")) return null;
  const first = hours ? Math.floor(from / HOUR_MS) : Math.floor((from + offset) / DAY_MS);
  const behind = hours ? Math.ceil(to / HOUR_MS) : Math.ceil((to + offset) / DAY_MS);
  const most = (hours ? 24 * MOST_DAYS_OF_HOURS : MOST_DAYS) + 1;
  return Array.from({ length: Math.max(0, Math.min(behind - first, most)) }, (_, at) => first + at);
}

export function rangeOf(
  input: Pick<SumsOf, "from" | "to">,
  groups: UsageGroup[],
  now: number,
  offset: number,
): { from: number; to: number } {
  const to = Math.ceil((input.to ?? now) / HOUR_MS) * HOUR_MS;
  if (input.from !== undefined) return { from: Math.floor(input.from / HOUR_MS) * HOUR_MS, to };
  if (groups.includes("hour")) return { from: to - DAY_MS, to };
  const firstDay = Math.ceil((to + offset) / DAY_MS) - DEFAULT_DAYS;
  // An hour belongs to the day in which it begins, so with an offset of half an hour the first one begins later.
  return { from: Math.ceil((firstDay * DAY_MS - offset) / HOUR_MS) * HOUR_MS, to };
}

export function rangeProblem(from: number, to: number, groups: UsageGroup[]): FieldProblem | null {
  if (from >= to) return { field: "from", message: "is not before to" };
  const most = groups.includes("hour") ? MOST_DAYS_OF_HOURS : MOST_DAYS;
  if (to - from > most * DAY_MS) return { field: "from", message: `lies more than ${most} days before to` };
  return null;
}

/** The row in the API's words. */
export function itemOf(row: UsageRow, [first, second]: UsageQuery["groups"]): UsageItem {
  return {
    ...groupOf(first, row.group_1, row.name_1),
    ...(second && groupOf(second, row.group_2, row.name_2)),
    ...sumsOf(row),
  };
}

function groupOf(group: UsageGroup, value: string | number | null, name: string | null): Partial<UsageItem> {
  const text = value === null ? null : String(value);
  switch (group) {
    case "key":
      return { key_id: String(value), key_name: name };
    case "account":
      return value === ""
        ? { account_id: null, account_name: null }
        : { account_id: String(value), account_name: name };
    case "model":
      return { model: String(value) };
    case "client":
      return { client: String(value) };
    case "platform":
      return { platform: text };
    case "group":
      return { group_id: text, group_name: name };
    case "hour":
    case "day":
      return { [group]: bucketName(group, Number(value)) };
    case "tag":
      return { tag: text };
  }
}

/** An hour or a day since the epoch, in the notation of the items. */
export function bucketName(group: UsageGroup, value: number): string {
  return group === "hour"
    ? new Date(value * HOUR_MS).toISOString()
    : new Date(value * DAY_MS).toISOString().slice(0, 10);
}

/** Sums in the API's words. */
export function sumsOf(row: UsageRow): UsageSums {
  const of = (name: string) => Number(row[name] ?? 0);
  const outcomes = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, of(outcomeColumn(outcome))]));
  const known = OUTCOMES.reduce((sum, outcome) => sum + of(outcomeColumn(outcome)), 0);
  return {
    requests: of("requests"),
    errors: of("errors"),
    ...usageView(usageOfFields((field) => of(USAGE_COLUMNS[field]))),
    cost_usd: formatUsd(of("cost_nanos")),
    unpriced: of("unpriced"),
    outcomes: { ...outcomes, unknown: of("requests") - known } as UsageSums["outcomes"],
    ttft_ms: percentilesOf("ttft", of),
    duration_ms: percentilesOf("duration", of),
  };
}

function percentilesOf(latency: Latency, of: (name: string) => number): PercentilesView {
  const buckets = BUCKETS[latency];
  const counts = buckets.map(({ column }) => of(column));
  return { p50: percentile(buckets, counts, 0.5), p95: percentile(buckets, counts, 0.95) };
}
