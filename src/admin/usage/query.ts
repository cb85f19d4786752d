/**
 * The query that sums up usage: hours, and days for times that have been folded. Pure: it makes SQL and parameters.
 *
 * D1 bills the rows that are read, including those of intermediate results. So a row of the range is read once, directly into its group,
 * with a limit on the range that the caller checks. Totals, tags, platforms, the order and the page are made from the groups.
 */
import { DAY_MS, HOUR_MS } from "../../ground/durations.ts";
import { dayOfHour } from "../../store/days.ts";
import { SUM_COLUMNS, SUMMED_UP } from "../../store/sums.ts";
import type { UsageGroup } from "./schema.ts";

/**
 * How many sums one report reads. D1 counts each twice, for the sorting. It is enough for 30 days of 20 keys, two accounts and two models,
 * if each of them is used every hour; 50 such reports a day are then free.
 */
export const MOST_SUMS = 50_000;

/** The values of a group: ids, names, or hours or days since the epoch; -1 for none. */
export type GroupKey = readonly [string | number, string | number];

/** None comes first, as nulls do in SQLite. */
const KEY = "coalesce(group_1, -1), coalesce(group_2, -1)";

export function groupKeyOf({ group_1, group_2 }: UsageRow): GroupKey {
  return [group_1 ?? -1, group_2 ?? -1];
}

export interface UsageQuery {
  groups: [UsageGroup] | [UsageGroup, UsageGroup];
  /** Milliseconds since the epoch, `to` exclusive. Widened to whole hours, and to whole days if only days are left. */
  from: number;
  to: number;
  offsetMs: number;
  keyId: string | undefined;
  accountId: string | undefined;
  model: string | undefined;
  client: string | undefined;
  limit: number;
  skip: number;
  /** Only groups after this one, in the groups' own order, which no booking changes; null: from the first on. */
  after?: GroupKey | null;
  /** Only groups of the first dimension from `first` to `last`, both inclusive: hours or days since the epoch. */
  buckets?: { first: number; last: number };
}

/** Sums by client are a separate table without accounts and models. */
export function isByClient({ groups, client }: Pick<UsageQuery, "groups" | "client">): boolean {
  return client !== undefined || groups.includes("client");
}

/**
 * A row of the answer: either the totals, with the number of sums in the range (`read`), which come first and are always present; or a
 * group with its names. Sums of nothing are null.
 */
export interface UsageRow {
  group_1: string | number | null;
  group_2: string | number | null;
  name_1: string | null;
  name_2: string | null;
  /** Null except in the totals. */
  read: number | null;
  [sum: string]: string | number | null;
}

export function usageQueryOf(query: UsageQuery): { sql: string; values: unknown[] } {
  const { groups, from, to, offsetMs, buckets, after } = query;
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
    query.client ?? null,
    buckets?.first ?? null,
    buckets?.last ?? null,
    after?.[0] ?? null,
    after?.[1] ?? null,
  ];
  const sums = SUM_COLUMNS.join(", ");
  const order = after === undefined ? orderOf(groups) : "group_1, group_2";
  const chosen = `(?6 IS NULL OR key_id = ?6) AND (?7 IS NULL OR account_id = ?7) AND (?8 IS NULL OR model = ?8)
        AND (?11 IS NULL OR client = ?11)`;
  const sql = `WITH
    by_column AS MATERIALIZED (
      SELECT ${chosen} AS chosen, ${columnOf(first)} AS group_1, ${columnOf(second)} AS group_2, count(*) AS rows, ${SUMMED_UP}
      FROM (${rangeRowsOf(query)}) GROUP BY chosen, group_1, group_2
    ),
    totals AS (
      SELECT ${SUM_COLUMNS.map((name) => `sum(iif(chosen, ${name}, NULL)) AS ${name}`).join(", ")}, sum(rows) AS read FROM by_column
    ),
    grouped AS (${spread(groups)}),
    page AS (
      SELECT * FROM grouped WHERE (?12 IS NULL OR group_1 BETWEEN ?12 AND ?13) AND (?14 IS NULL OR (${KEY}) > (?14, ?15))
      ORDER BY ${order} LIMIT ?9 OFFSET ?10
    )
    SELECT 1 AS is_total, NULL AS group_1, NULL AS group_2, NULL AS name_1, NULL AS name_2, read, ${sums} FROM totals
    UNION ALL
    SELECT 0, group_1, group_2, ${nameOf(first, "group_1")}, ${nameOf(second, "group_2")}, NULL, ${sums} FROM page
    ORDER BY is_total DESC, ${order}`;
  return { sql, values };
}

/** The rows of the range, hours and days alike. Uses parameters 1 to 6. */
function rangeRowsOf(query: Pick<UsageQuery, "groups" | "client" | "keyId">): string {
  const byClient = isByClient(query);
  const sums = SUM_COLUMNS.join(", ");
  const by = byClient ? "key_id, '' AS account_id, '' AS model, client" : "key_id, account_id, model, '' AS client";
  // There is an index for the hours of a single key.
  const ofKey = query.keyId === undefined ? "" : "AND key_id = ?6";
  const hourly = `SELECT hour, ${dayOfHour("?5")} AS day, ${by}, ${sums} FROM ${byClient ? "client_hourly" : "usage_hourly"}
    WHERE hour >= ?1 AND hour < ?2 ${ofKey} LIMIT ${MOST_SUMS + 1}`;
  const daily = `SELECT NULL, day, ${by}, ${sums} FROM usage_daily
    WHERE day >= ?3 AND day < ?4 LIMIT ${MOST_SUMS + 1}`;
  // Hours that have been folded into days no longer exist.
  const days = query.groups.includes("hour") || byClient ? "" : `UNION ALL SELECT * FROM (${daily})`;
  return `SELECT * FROM (${hourly}) ${days}`;
}

/**
 * What one key has used by day, newest first, followed by models, the most expensive first. Each row of the range is read once for both.
 * The totals come first.
 */
export function keyQueryOf(
  query: Pick<UsageQuery, "from" | "to" | "offsetMs"> & { keyId: string; mostModels: number },
): { sql: string; values: unknown[] } {
  const { from, to, offsetMs, keyId, mostModels } = query;
  const none = "NULL AS name_1, NULL AS name_2";
  return {
    sql: `WITH
    sums AS MATERIALIZED (
      SELECT key_id = ?6 AS chosen, day, model, count(*) AS rows, ${SUMMED_UP}
      FROM (${rangeRowsOf({ groups: ["day", "model"], client: undefined, keyId })}) GROUP BY chosen, day, model
    )
    SELECT 0 AS part, NULL AS group_1, NULL AS group_2, ${none}, sum(rows) AS read,
      ${SUM_COLUMNS.map((name) => `sum(iif(chosen, ${name}, NULL)) AS ${name}`).join(", ")} FROM sums
    UNION ALL
    SELECT 1, day, NULL, ${none}, NULL, ${SUMMED_UP} FROM sums WHERE chosen GROUP BY day
    UNION ALL
    SELECT * FROM (SELECT 2, NULL, model, ${none}, NULL, ${SUMMED_UP} FROM sums WHERE chosen GROUP BY model
      ORDER BY cost_nanos DESC, requests DESC, model LIMIT ?7)
    ORDER BY part, group_1 DESC, cost_nanos DESC, requests DESC, group_2`,
    values: [
      Math.floor(from / HOUR_MS),
      Math.ceil(to / HOUR_MS),
      Math.floor((from + offsetMs) / DAY_MS),
      Math.ceil((to + offsetMs) / DAY_MS),
      offsetMs,
      keyId,
      mostModels,
    ],
  };
}

/** The sums of a whole range as one row. Each sum is read once. */
export function totalsQueryOf({ from, to, offsetMs }: Pick<UsageQuery, "from" | "to" | "offsetMs">): {
  sql: string;
  values: unknown[];
} {
  const sums = SUM_COLUMNS.join(", ");
  const [hour, day] = [(time: number) => time / HOUR_MS, (time: number) => (time + offsetMs) / DAY_MS];
  return {
    sql: `SELECT NULL AS group_1, NULL AS group_2, NULL AS name_1, NULL AS name_2, count(*) AS read, ${SUMMED_UP} FROM (
      SELECT * FROM (SELECT ${sums} FROM usage_hourly WHERE hour >= ?1 AND hour < ?2 LIMIT ${MOST_SUMS + 1})
      UNION ALL
      SELECT * FROM (SELECT ${sums} FROM usage_daily WHERE day >= ?3 AND day < ?4 LIMIT ${MOST_SUMS + 1}))`,
    values: [Math.floor(hour(from)), Math.ceil(hour(to)), Math.floor(day(from)), Math.ceil(day(to))],
  };
}

/**
 * The column that a group goes by. What a key or an account leads to is looked up once for each of them, not once per row: `to` joins it
 * to the groups by `column`, as `value`.
 */
const LOOKED_UP: Partial<
  Record<UsageGroup, { column: string; to: (column: string, at: number) => string; value: string }>
> = {
  tag: {
    column: "key_id",
    to: (column, at) => `LEFT JOIN api_keys AS key_${at} ON key_${at}.id = ${column}
      LEFT JOIN json_each(key_${at}.tags) AS found_${at}`,
    value: "value",
  },
  platform: {
    column: "account_id",
    to: (column, at) => `LEFT JOIN accounts AS found_${at} ON found_${at}.id = ${column}`,
    value: "platform",
  },
  group: {
    column: "account_id",
    to: (column, at) => `LEFT JOIN group_members AS found_${at} ON found_${at}.account_id = ${column}`,
    value: "group_id",
  },
};

const COLUMN: Partial<Record<UsageGroup, string>> = {
  key: "key_id",
  account: "account_id",
  model: "model",
  client: "client",
  hour: "hour",
  day: "day",
};

function columnOf(group: UsageGroup | undefined): string {
  return group === undefined ? "NULL" : (COLUMN[group] ?? LOOKED_UP[group]?.column ?? "NULL");
}

/**
 * Expands keys into their tags, and accounts into their platform and their groups. Null stands for those without any, or that D1 does not
 * know.
 */
function spread(groups: UsageQuery["groups"]): string {
  if (!groups.some((group) => LOOKED_UP[group])) return "SELECT * FROM by_column WHERE chosen";
  const [first, second] = groups.map((group, at) => {
    const looked = LOOKED_UP[group];
    const column = `by_column.group_${at + 1}`;
    return looked ? { value: `found_${at}.${looked.value}`, join: looked.to(column, at) } : { value: column, join: "" };
  });
  return `SELECT ${first?.value} AS group_1, ${second?.value ?? "NULL"} AS group_2, ${SUMMED_UP}
    FROM by_column ${first?.join ?? ""} ${second?.join ?? ""} WHERE chosen GROUP BY 1, 2`;
}

/** Newest first if a group is a time, then the most expensive first. */
function orderOf(groups: UsageQuery["groups"]): string {
  const times = groups.flatMap((group, at) => (group === "hour" || group === "day" ? [`group_${at + 1} DESC`] : []));
  return [...times, "cost_nanos DESC", "requests DESC", "group_1", "group_2"].join(", ");
}

const NAMED: Partial<Record<UsageGroup, string>> = { key: "api_keys", account: "accounts", group: "account_groups" };

function nameOf(group: UsageGroup | undefined, column: string): string {
  const table = group && NAMED[group];
  return table ? `(SELECT name FROM ${table} WHERE id = ${column})` : "NULL";
}
