/**
 * The query that sums usage up: hours, and for times that have been folded, days. Pure: it makes SQL and parameters.
 *
 * D1 bills rows read, those of intermediate results too. So a row of the range is read once, straight into its group, with a
 * limit on the range that the caller checks; totals, tags, the order and the page come from the groups.
 */
import { DAY_MS, HOUR_MS } from "../../ground/durations.ts";
import { dayOfHour } from "../../store/days.ts";
import { USAGE_COLUMNS, USAGE_FIELDS } from "../../vocabulary.ts";
import type { UsageGroup } from "./schema.ts";

/**
 * Sums that one report reads; D1 counts each twice, for the sorting. 30 days of 20 keys, two accounts and two models make
 * this many where every one of them is used every hour, and then 50 such reports a day are free.
 */
export const MOST_SUMS = 50_000;

export interface UsageQuery {
  groups: [UsageGroup] | [UsageGroup, UsageGroup];
  /** Milliseconds since the epoch, `to` exclusive; widened to whole hours, and to whole days where days are left. */
  from: number;
  to: number;
  offsetMs: number;
  keyId: string | undefined;
  accountId: string | undefined;
  model: string | undefined;
  limit: number;
  skip: number;
}

export const SUMS = [
  "requests",
  "errors",
  ...USAGE_FIELDS.map((field) => USAGE_COLUMNS[field]),
  "cost_nanos",
  "unpriced",
] as const;

export type SumName = (typeof SUMS)[number];

/**
 * A row of the answer: a group (`group_1`, `group_2`, their names, and sums) beside the totals (`total_…`) and the number
 * of sums in the range (`read`). There is always one; without any group its sums are null.
 */
export type UsageRow = Record<SumName, number | null> &
  Record<`total_${SumName}`, number | null> & {
    group_1: string | number | null;
    group_2: string | number | null;
    name_1: string | null;
    name_2: string | null;
    /** Null where nothing was read. */
    read: number | null;
  };

function sumsOf(prefix = "", before = "", behind = ""): string {
  return SUMS.map((name) => `sum(${before}${name}${behind}) AS ${prefix}${name}`).join(", ");
}

export function usageQueryOf(query: UsageQuery): { sql: string; values: unknown[] } {
  const { groups, from, to, offsetMs } = query;
  const [first, second] = groups;
  const values = [
    Math.floor(from / HOUR_MS),
    Math.ceil(to / HOUR_MS),
    Math.floor((from + offsetMs) / DAY_MS),
    Math.ceil((to + offsetMs) / DAY_MS),
    offsetMs,
    query.keyId ?? null,
    query.accountId ?? null,
    query.model ?? null,
    query.limit + 1,
    query.skip,
  ];
  // One key's hours have an index of their own.
  const ofKey = query.keyId === undefined ? "" : "AND key_id = ?6";
  const hourly = `SELECT hour, ${dayOfHour("?5")} AS day, key_id, account_id, model, ${SUMS.join(", ")} FROM usage_hourly
    WHERE hour >= ?1 AND hour < ?2 ${ofKey} LIMIT ${MOST_SUMS + 1}`;
  const daily = `SELECT NULL, day, key_id, account_id, model, ${SUMS.join(", ")} FROM usage_daily
    WHERE day >= ?3 AND day < ?4 LIMIT ${MOST_SUMS + 1}`;
  // Hours that have been folded into days are hours no more.
  const days = groups.includes("hour") ? "" : `UNION ALL SELECT * FROM (${daily})`;

  const secondColumn = second ? COLUMN[second] : "NULL";
  const sql = `WITH
    by_column AS MATERIALIZED (
      SELECT (?6 IS NULL OR key_id = ?6) AND (?7 IS NULL OR account_id = ?7) AND (?8 IS NULL OR model = ?8) AS chosen,
        ${COLUMN[first]} AS group_1, ${secondColumn} AS group_2, count(*) AS rows, ${sumsOf()}
      FROM (SELECT * FROM (${hourly}) ${days}) GROUP BY chosen, group_1, group_2
    ),
    totals AS (SELECT ${sumsOf("total_", "iif(chosen, ", ", NULL)")}, sum(rows) AS read FROM by_column),
    grouped AS (${groups.includes("tag") ? taggedBy(groups) : "SELECT * FROM by_column WHERE chosen"}),
    page AS (SELECT * FROM grouped ORDER BY ${orderOf(groups)} LIMIT ?9 OFFSET ?10)
    SELECT page.*, ${nameOf(first, "group_1")} AS name_1, ${nameOf(second, "group_2")} AS name_2, totals.*
    FROM totals LEFT JOIN page ORDER BY ${orderOf(groups)}`;
  return { sql, values };
}

/** The column that a group goes by; a tag is looked up by its key, once per key and not once per row. */
const COLUMN: Record<UsageGroup, string> = {
  key: "key_id",
  account: "account_id",
  model: "model",
  hour: "hour",
  day: "day",
  tag: "key_id",
};

/** Keys spread over their tags; null stands for keys without any, or that D1 does not know. */
function taggedBy([first]: UsageQuery["groups"]): string {
  const tagged = first === "tag" ? "group_1" : "group_2";
  const other = first === "tag" ? "group_2" : "group_1";
  return `SELECT tag.value AS ${tagged}, ${other}, ${sumsOf()}
    FROM by_column LEFT JOIN api_keys ON api_keys.id = by_column.${tagged}
      LEFT JOIN json_each(api_keys.tags) AS tag WHERE chosen GROUP BY tag.value, ${other}`;
}

/** Newest first where a group is a time, then dearest first. */
function orderOf(groups: UsageQuery["groups"]): string {
  const times = groups.flatMap((group, at) => (group === "hour" || group === "day" ? [`group_${at + 1} DESC`] : []));
  return [...times, "cost_nanos DESC", "requests DESC", "group_1", "group_2"].join(", ");
}

function nameOf(group: UsageGroup | undefined, column: string): string {
  if (group === "key") return `(SELECT name FROM api_keys WHERE id = ${column})`;
  if (group === "account") return `(SELECT name FROM accounts WHERE id = ${column})`;
  return "NULL";
}
