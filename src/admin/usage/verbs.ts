/** Reading usage back, summed up. What the gates have settled but not yet written is brought in first. */
import { flushRecentlySettled } from "../../gate/recently-settled.ts";
import { DAY_MS, HOUR_MS } from "../../ground/durations.ts";
import { formatUsd } from "../../pricing/money.ts";
import { offsetMs } from "../../store/days.ts";
import { USAGE_COLUMNS, usageOfFields, usageView } from "../../vocabulary.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { type FieldProblem, invalid } from "../api/refusal.ts";
import { MOST_SUMS, type SumName, type UsageQuery, type UsageRow, usageQueryOf } from "./query.ts";
import type { ReadUsage, UsageGroup, UsageItem, UsagePage, UsageSums } from "./schema.ts";

const DEFAULT_DAYS = 30;
const MOST_DAYS = 366;
/** Where hours are asked for: 744 of them. */
const MOST_DAYS_OF_HOURS = 31;

export async function readUsage({ env, now }: VerbContext, input: ReadUsage): Promise<VerbResult<UsagePage>> {
  const groups: UsageQuery["groups"] = input.then_by ? [input.group_by, input.then_by] : [input.group_by];
  const offset = offsetMs(env);
  const { from, to } = rangeOf(input, groups, now, offset);
  const problem = rangeProblem(from, to, groups);
  if (problem) return { ok: false, refusal: invalid(problem) };

  await flushRecentlySettled(env);
  const skip = input.cursor ?? 0;
  const { key_id: keyId, account_id: accountId, model, limit } = input;
  const { sql, values } = usageQueryOf({ groups, from, to, offsetMs: offset, keyId, accountId, model, limit, skip });
  const { results } = await env.DB.prepare(sql)
    .bind(...values)
    .all<UsageRow>();
  const [first] = results;
  if (!first) throw new Error("The totals of usage are missing");
  if ((first.read ?? 0) > MOST_SUMS) {
    const message = `makes a range of more than ${MOST_SUMS} sums; ask for a shorter one, or for one key`;
    return { ok: false, refusal: invalid({ field: "from", message }) };
  }
  const rows = results.filter(({ requests }) => requests !== null);
  return {
    ok: true,
    value: {
      items: rows.slice(0, limit).map((row) => itemOf(row, groups)),
      next_cursor: rows.length > limit ? String(skip + limit) : null,
      totals: sumsOf((name) => first[`total_${name}`]),
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
    },
  };
}

function rangeOf(input: ReadUsage, groups: UsageGroup[], now: number, offset: number): { from: number; to: number } {
  const to = Math.ceil((input.to ?? now) / HOUR_MS) * HOUR_MS;
  if (input.from !== undefined) return { from: Math.floor(input.from / HOUR_MS) * HOUR_MS, to };
  if (groups.includes("hour")) return { from: to - DAY_MS, to };
  const firstDay = Math.ceil((to + offset) / DAY_MS) - DEFAULT_DAYS;
  // An hour belongs to the day of its beginning, so with an offset of half an hour the first one begins later.
  return { from: Math.ceil((firstDay * DAY_MS - offset) / HOUR_MS) * HOUR_MS, to };
}

function rangeProblem(from: number, to: number, groups: UsageGroup[]): FieldProblem | null {
  if (from >= to) return { field: "from", message: "is not before to" };
  const most = groups.includes("hour") ? MOST_DAYS_OF_HOURS : MOST_DAYS;
  if (to - from > most * DAY_MS) return { field: "from", message: `lies more than ${most} days before to` };
  return null;
}

function itemOf(row: UsageRow, [first, second]: UsageQuery["groups"]): UsageItem {
  return {
    ...groupOf(first, row.group_1, row.name_1),
    ...(second && groupOf(second, row.group_2, row.name_2)),
    ...sumsOf((name) => row[name]),
  };
}

function groupOf(group: UsageGroup, value: string | number | null, name: string | null): Partial<UsageItem> {
  switch (group) {
    case "key":
      return { key_id: String(value), key_name: name };
    case "account":
      return value === ""
        ? { account_id: null, account_name: null }
        : { account_id: String(value), account_name: name };
    case "model":
      return { model: String(value) };
    case "hour":
      return { hour: new Date(Number(value) * HOUR_MS).toISOString() };
    case "day":
      return { day: new Date(Number(value) * DAY_MS).toISOString().slice(0, 10) };
    case "tag":
      return { tag: value === null ? null : String(value) };
  }
}

function sumsOf(sum: (name: SumName) => number | null): UsageSums {
  const of = (name: SumName) => sum(name) ?? 0;
  return {
    requests: of("requests"),
    errors: of("errors"),
    ...usageView(usageOfFields((field) => of(USAGE_COLUMNS[field]))),
    cost_usd: formatUsd(of("cost_nanos")),
    unpriced: of("unpriced"),
  };
}
