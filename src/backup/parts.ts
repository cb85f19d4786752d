/**
 * What a backup contains: the one list of its parts, in the order in which they are restored. A row is restored after the rows that it
 * refers to, and the relay can serve before its history is back. Each table of D1 is a part, or is listed below with the reason why it
 * is left out (test/backup/parts.test.ts).
 */
import { getTableConfig, type SQLiteTable } from "drizzle-orm/sqlite-core";
import { ALERT_SETTING } from "../alerts/settings.ts";
import {
  accountAnswers,
  accountGroups,
  accounts,
  apiKeys,
  audit,
  clientHourly,
  groupMembers,
  keyFigures,
  modelAliases,
  priceOverrides,
  refusalsHourly,
  requests,
  templates,
  usageDaily,
  usageHourly,
} from "../store/schema.ts";

/** Parts that a backup has only on request. */
export const EXTRAS = ["sign_ins", "requests"] as const;
export type Extra = (typeof EXTRAS)[number];

export const PARTS = [
  "settings",
  "key_secrets",
  "accounts",
  "egress_headers",
  "credentials",
  "sign_ins",
  "account_groups",
  "group_members",
  "model_aliases",
  "templates",
  "price_overrides",
  "alert_channels",
  "api_keys",
  "key_figures",
  "account_answers",
  "usage_daily",
  "usage_hourly",
  "client_hourly",
  "refusals_hourly",
  "audit",
  "requests",
] as const;
export type PartName = (typeof PARTS)[number];

export const LEFT_OUT: Record<string, string> = {
  account_health: "is found out anew",
  model_gaps: "are found out anew",
  background_responses: "belong to leases of the gates that they were made at",
  oauth_flows: "are over in ten minutes",
  alert_episodes: "are what is the case at the relay that has them",
  alerts: "were told already",
  alert_outbox: "is told by the relay that has it",
  admin_sessions: "are signed with this relay's own secrets",
  d1_migrations: "is wrangler's",
};

/** Whether a backup with these extras has the part. */
export function hasPart(extras: readonly string[], part: PartName): boolean {
  return !isExtra(part) || extras.includes(part);
}

function isExtra(part: string): part is Extra {
  return EXTRAS.some((extra) => extra === part);
}

/** A part that consists of rows of one table, unchanged. */
export interface PlainPart {
  name: PartName;
  table: SQLiteTable;
  /** Its columns, in order. */
  columns: string[];
  /** Its primary key, in order. */
  key: string[];
  pageRows: number;
  /** What a row brings along, and what that must be at the place where it is restored: `?` stands for it. */
  owner?: { column: string; read: string; mustBe: (of: (column: string) => string) => string };
  /** The column of a name that must be unique, and whether a name that is taken is changed, or the row is left out. */
  unique?: "renamed" | "kept";
  /** Column → SQL for the value with which it is restored. */
  restoredAs?: Record<string, string>;
}

/** A page of these is about 150 kB of JSON. */
const SUMS_A_PAGE = 500;
const LOG_ROWS_A_PAGE = 250;
const ROWS_A_PAGE = 100;
/** When restored, each is checked against twenty rules, which takes about 0.1 ms of a free invocation's 10. */
const ACCOUNTS_A_PAGE = 25;

const plain = (table: SQLiteTable, pageRows: number, more: Partial<PlainPart> = {}): PlainPart => {
  const { name, columns, primaryKeys } = getTableConfig(table);
  const composite = primaryKeys[0]?.columns ?? columns.filter(({ primary }) => primary);
  return {
    name: name as PartName,
    table,
    columns: columns.map((column) => column.name),
    key: composite.map((column) => column.name),
    pageRows,
    ...more,
  };
};

/** What the gates have used of the free plan was used of another Cloudflare account. */
const NO_METERS = Object.fromEntries(
  ["meter_day", "admissions", "object_requests", "object_rows", "d1_rows"].map((column) => [column, "0"]),
);

const GROUP = "EXISTS (SELECT 1 FROM account_groups WHERE account_groups.id =";

const PLAIN: readonly PlainPart[] = [
  plain(accounts, ACCOUNTS_A_PAGE),
  plain(accountGroups, ROWS_A_PAGE, { unique: "renamed" }),
  plain(groupMembers, SUMS_A_PAGE, {
    // A group that somebody has changed since has the accounts that they wanted.
    owner: {
      column: "group_updated_at",
      read: "(SELECT updated_at FROM account_groups WHERE account_groups.id = group_id)",
      mustBe: (of) => `${GROUP} ${of("group_id")} AND account_groups.updated_at = ${of("group_updated_at")})`,
    },
  }),
  plain(modelAliases, ROWS_A_PAGE, { unique: "kept" }),
  plain(templates, ROWS_A_PAGE, { unique: "renamed" }),
  plain(priceOverrides, ROWS_A_PAGE),
  plain(keyFigures, SUMS_A_PAGE, { restoredAs: NO_METERS }),
  plain(accountAnswers, SUMS_A_PAGE),
  plain(usageDaily, SUMS_A_PAGE),
  plain(usageHourly, SUMS_A_PAGE),
  plain(clientHourly, SUMS_A_PAGE),
  plain(refusalsHourly, SUMS_A_PAGE),
  plain(audit, LOG_ROWS_A_PAGE),
  plain(requests, LOG_ROWS_A_PAGE),
];

export function plainPart(name: PartName): PlainPart | undefined {
  return PLAIN.find((part) => part.name === name);
}

/** Values of `settings` that an administrator has set. */
export const SETTINGS = ["pool_strategy", "request_log_days", "hourly_usage_days", ALERT_SETTING] as const;

/** The columns of a key's row that are carried: all but its seal, which belongs to this relay. */
export const KEY_COLUMNS = getTableConfig(apiKeys)
  .columns.map(({ name }) => name)
  .filter((name) => name !== "sealed");

/** The columns of a channel that are carried. Its configuration goes as a secret, and what was sent over it stays with the old relay. */
export const CHANNEL_COLUMNS = [
  "id",
  "name",
  "type",
  "enabled",
  "alerts",
  "recoveries",
  "max_per_hour",
  "shown",
].concat(["created_at", "updated_at"]);

/** For each key its gate is asked, and a free invocation may make 50 requests. */
export const KEYS_A_PAGE = 20;
/** Opening and sealing a value takes about 0.1 ms, and a free invocation has 10. */
export const SECRETS_A_PAGE = 25;
/** For each sign-in a Keeper is asked, and the sign-in is opened. */
export const SIGN_INS_A_PAGE = 10;
