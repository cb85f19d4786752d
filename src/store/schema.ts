/**
 * The D1 tables as drizzle sees them. The migrations are the source of truth (WITHOUT ROWID cannot be said here);
 * a test selects from every table, so that the two cannot drift apart.
 */

import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { KeyPolicy } from "../keys/policy.ts";
import type { AccountHealth } from "../pool/health.ts";
import type { Strategy } from "../pool/strategy.ts";
import type { ModelPrice } from "../pricing/table.ts";
import type { PriceMode } from "../protocols/meter.ts";
import type { Quirks } from "../protocols/translate/quirks.ts";
import type { Protocol } from "../protocols/wire.ts";
import { DIRECT, type Egress } from "../providers/egress.ts";
import { type AliasTarget, type Platform, USAGE_COLUMNS, USAGE_FIELDS, type UsageField } from "../vocabulary.ts";
import type { Entry } from "./entry.ts";
import { BUCKETS } from "./latency.ts";

export const accounts = sqliteTable("accounts", {
  id: text().primaryKey(),
  name: text().notNull(),
  platform: text().$type<Platform>().notNull(),
  kind: text().notNull(),
  baseUrl: text("base_url").notNull(),
  priority: integer().notNull(),
  weight: integer().notNull(),
  maxConcurrency: integer("max_concurrency"),
  /** What this account is charged at per unit of list price, in thousandths. */
  costMultiplierMilli: integer("cost_multiplier_milli").notNull().default(1000),
  schedulable: integer({ mode: "boolean" }).notNull(),
  /** Wire formats that this account speaks; empty: those that its base URL is known for, else all of its platform's. */
  protocols: text({ mode: "json" }).$type<Protocol[]>().notNull().default([]),
  /** How its upstream differs from the format's own, as far as the operator says. */
  quirks: text({ mode: "json" }).$type<Partial<Quirks>>().notNull().default({}),
  /** The version of its provider's API, if that wants one named; empty: none. */
  apiVersion: text("api_version").notNull().default(""),
  /** The provider's project to make requests in; empty: the one that its sign-in finds. */
  projectId: text("project_id").notNull().default(""),
  /** Model patterns that this account serves; empty: any. */
  allowedModels: text("allowed_models", { mode: "json" }).$type<string[]>().notNull().default([]),
  modelMapping: text("model_mapping", { mode: "json" }).$type<Record<string, string>>().notNull(),
  /** What may be spent on this account a day; the day begins at `quotaResetHour` of the relay's TIMEZONE_OFFSET. */
  dailyQuotaNanos: integer("daily_quota_nanos"),
  quotaResetHour: integer("quota_reset_hour").notNull().default(0),
  /** When a subscription ends, as the operator has noted it: from then on the account is left out. */
  expiresAt: integer("expires_at"),
  firstByteTimeoutMs: integer("first_byte_timeout_ms"),
  idleTimeoutMs: integer("idle_timeout_ms"),
  /** Whether the nightly cron checks this account. */
  scheduledTest: integer("scheduled_test", { mode: "boolean" }).notNull().default(false),
  extraHeaders: text("extra_headers", { mode: "json" }).$type<Record<string, string>>().notNull(),
  egress: text({ mode: "json" }).$type<Egress>().notNull().default(DIRECT),
  note: text().notNull(),
  /** Whose sign-in it is: it serves the keys of that owner, and keys of others only if it is `shared`. */
  owner: text().notNull().default(""),
  shared: integer({ mode: "boolean" }).notNull().default(false),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
});

/** The secrets by which restored keys of other relays are recognised (key-secrets.ts). */
export const keySecrets = sqliteTable("key_secrets", {
  id: text().primaryKey(),
  /** `keys` or `imported_keys` (key-secrets.ts). */
  usedFor: text("used_for").notNull(),
  sealed: text().notNull(),
  createdAt: integer("created_at").notNull(),
});

/** The headers that an account's gateway or binding wants. */
export const egressHeaders = sqliteTable("egress_headers", {
  accountId: text("account_id").primaryKey(),
  names: text({ mode: "json" }).$type<string[]>().notNull(),
  /** All headers, as a sealed JSON object. */
  sealed: text().notNull(),
});

/** The parameters that an upstream has refused for a model. */
export const modelGaps = sqliteTable(
  "model_gaps",
  {
    accountId: text("account_id").notNull(),
    /** The account's own name for the model. */
    model: text().notNull(),
    /** A line of protocols/translate/gaps.ts. */
    parameter: text().notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.model, table.parameter] })],
);

export const credentials = sqliteTable(
  "credentials",
  {
    accountId: text("account_id").notNull(),
    position: integer().notNull(),
    sealed: text().notNull(),
    /** The last four characters, so that a person can tell keys apart. */
    hint: text().notNull(),
    /** Tells keys apart without opening them; empty for a key that was stored before there were fingerprints. */
    fingerprint: text().notNull().default(""),
    /** When a sign-in that cannot be renewed ends. */
    endsAt: integer("ends_at"),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.position] })],
);

export const accountGroups = sqliteTable("account_groups", {
  id: text().primaryKey(),
  name: text().notNull(),
  strategy: text().$type<Strategy>().notNull(),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
});

export const groupMembers = sqliteTable(
  "group_members",
  { groupId: text("group_id").notNull(), accountId: text("account_id").notNull() },
  (table) => [primaryKey({ columns: [table.groupId, table.accountId] })],
);

/** What a name stands for (pool/aliases.ts). */
export const modelAliases = sqliteTable("model_aliases", {
  id: text().primaryKey(),
  /** A name, or a pattern with `*`. */
  name: text().notNull(),
  targets: text({ mode: "json" }).$type<AliasTarget[]>().notNull(),
  note: text().notNull(),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
});

export const accountHealth = sqliteTable("account_health", {
  accountId: text("account_id").primaryKey(),
  health: text({ mode: "json" }).$type<AccountHealth>().notNull(),
  updatedAt: integer("updated_at").notNull(),
});

export const apiKeys = sqliteTable("api_keys", {
  id: text().primaryKey(),
  name: text().notNull(),
  description: text().notNull(),
  owner: text().notNull(),
  tags: text({ mode: "json" }).$type<string[]>().notNull(),
  policy: text({ mode: "json" }).$type<KeyPolicy>().notNull(),
  /** The template that the key was made from, and that it follows when the template is applied again. */
  templateId: text("template_id"),
  /** Empty if the key's text is not known, because it was imported by its digest. */
  sealed: text().notNull(),
  hint: text().notNull(),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
  deletedAt: integer("deleted_at"),
  /** The relay that made the key, if it works with its old value (keys/legacy-key.ts); empty: this one. */
  importedFrom: text("imported_from").notNull().default(""),
});

/** When each account answered last, to within an hour. */
export const accountAnswers = sqliteTable("account_answers", {
  accountId: text("account_id").primaryKey(),
  answeredAt: integer("answered_at").notNull(),
});

/** The figures that the gate of each key told last (gate/figures.ts). */
export const keyFigures = sqliteTable("key_figures", {
  keyId: text("key_id").primaryKey(),
  /** When the gate told them; 0: it has not yet, and totals and the last use were made from the sums. */
  saidAt: integer("said_at").notNull(),
  policyVersion: integer("policy_version").notNull(),
  state: text().notNull(),
  stateUntil: integer("state_until"),
  firstUsedAt: integer("first_used_at"),
  lastUsedAt: integer("last_used_at").notNull(),
  requests: integer().notNull(),
  /** Of every kind. */
  tokens: integer().notNull(),
  costNanos: integer("cost_nanos").notNull(),
  windowStartedAt: integer("window_started_at").notNull(),
  windowRequests: integer("window_requests").notNull(),
  windowTokens: integer("window_tokens").notNull(),
  windowCostNanos: integer("window_cost_nanos").notNull(),
  dayStartedAt: integer("day_started_at").notNull(),
  dayCostNanos: integer("day_cost_nanos").notNull(),
  weekStartedAt: integer("week_started_at").notNull(),
  weekCostNanos: integer("week_cost_nanos").notNull(),
  /** What the gate has used of the free plan's allowances on this day of UTC (gate/meter.ts). */
  meterDay: integer("meter_day").notNull(),
  admissions: integer().notNull(),
  objectRequests: integer("object_requests").notNull(),
  objectRows: integer("object_rows").notNull(),
  d1Rows: integer("d1_rows").notNull(),
});

/** How often each key was refused; an empty key id: it was not known whose request it was. */
export const refusalsHourly = sqliteTable(
  "refusals_hourly",
  {
    /** Hours since the epoch. */
    hour: integer().notNull(),
    keyId: text("key_id").notNull(),
    reason: text().notNull(),
    count: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.hour, table.keyId, table.reason] })],
);

const count = <Name extends string>(name: Name) => integer(name).notNull();

/** One column for each count of a usage, under the usage's own names. */
const counts = Object.fromEntries(USAGE_FIELDS.map((field) => [field, count(USAGE_COLUMNS[field])])) as {
  [Field in UsageField]: ReturnType<typeof count<(typeof USAGE_COLUMNS)[Field]>>;
};

/** One try of a request: the account, the status that it gave (0: none), and why that was not the answer. */
export interface Attempt {
  account_id: string;
  status: number;
  error: string | null;
  ms: number;
}

/** How a relayed request ended: the one list of what the log can say. */
export const OUTCOMES = [
  "completed",
  /** The client hung up, before the first byte or in the middle. */
  "client_left",
  /** The answer had begun, and the upstream reset, ended early, fell silent or reported an error. */
  "upstream_broke",
  /** The upstream answered with an error that was its own fault, or that of the relay's account. */
  "upstream_error",
  /** The upstream found fault with the request itself (400, too long, policy). */
  "refused",
  /** No answer: no connection, a timeout, a reset or an end before the first byte. */
  "upstream_unreachable",
  /** No account could be asked: none serves the model, or all are busy, over their quota or have stepped aside. */
  "no_account",
  /** A bug of the relay; the Worker's log has it. */
  "internal",
  /** Nobody ever said how it ended: its lease lapsed, and it is booked at its estimate. */
  "lost",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const requests = sqliteTable("requests", {
  id: text().primaryKey(),
  time: integer().notNull(),
  keyId: text("key_id").notNull(),
  accountId: text("account_id"),
  platform: text().$type<Platform>().notNull(),
  client: text().notNull(),
  /** Where the request came from, in the client's own words; they are bounded, and nothing is decided by them. */
  sessionId: text("session_id"),
  agentId: text("agent_id"),
  parentAgentId: text("parent_agent_id"),
  protocol: text().$type<Protocol>().notNull(),
  upstreamProtocol: text("upstream_protocol").$type<Protocol>(),
  /** As the client named it. */
  model: text().notNull(),
  /** The upstream's own name for the model that served; null if none was asked. */
  servedModel: text("served_model"),
  /** The status that the client got; 499 if it left first. */
  status: integer().notNull(),
  outcome: text().$type<Outcome>().notNull(),
  stream: integer({ mode: "boolean" }).notNull(),
  ...counts,
  costNanos: integer("cost_nanos").notNull(),
  /** The model has no known price: tokens are booked, money is not. */
  unpriced: integer({ mode: "boolean" }).notNull(),
  /** Which of a model's price lists applied; needed again when a price is set later. */
  priceMode: text("price_mode").$type<PriceMode>().notNull(),
  /** The upstream never told the final figures, so the output was estimated from what arrived. */
  estimated: integer({ mode: "boolean" }).notNull(),
  ttftMs: integer("ttft_ms"),
  durationMs: integer("duration_ms").notNull(),
  attempts: text({ mode: "json" }).$type<Attempt[]>().notNull(),
});

/** 0 for hours from before the sum existed. */
const laterSum = (name: string) => [name, integer(name).notNull().default(0)] as const;

/** What is summed (sums.ts has what a request adds to each). */
const sums = {
  requests: integer().notNull(),
  /** Requests answered with a status of 400 or above, or whose answer broke off. */
  errors: integer().notNull(),
  ...counts,
  costNanos: integer("cost_nanos").notNull(),
  /** Requests whose model had no known price. */
  unpriced: integer().notNull(),
  ...Object.fromEntries(OUTCOMES.map((outcome) => laterSum(`outcome_${outcome}`))),
  ...Object.fromEntries([...BUCKETS.ttft, ...BUCKETS.duration].map(({ column }) => laterSum(column))),
};

/** By key, account ("" if none was reached) and model. */
const summedBy = { keyId: text("key_id").notNull(), accountId: text("account_id").notNull(), model: text().notNull() };

export const usageHourly = sqliteTable(
  "usage_hourly",
  {
    /** Hours since the epoch. */
    hour: integer().notNull(),
    ...summedBy,
    ...sums,
  },
  (table) => [primaryKey({ columns: [table.hour, table.keyId, table.accountId, table.model] })],
);

/** The same by client. */
export const clientHourly = sqliteTable(
  "client_hourly",
  {
    /** Hours since the epoch. */
    hour: integer().notNull(),
    keyId: text("key_id").notNull(),
    client: text().notNull(),
    ...sums,
  },
  (table) => [primaryKey({ columns: [table.hour, table.keyId, table.client] })],
);

export const usageDaily = sqliteTable(
  "usage_daily",
  {
    /** Days since the epoch, in the relay's TIMEZONE_OFFSET. */
    day: integer().notNull(),
    ...summedBy,
    ...sums,
  },
  (table) => [primaryKey({ columns: [table.day, table.keyId, table.accountId, table.model] })],
);

export const templates = sqliteTable("templates", {
  id: text().primaryKey(),
  name: text().notNull(),
  description: text().notNull(),
  fields: text({ mode: "json" }).$type<Record<string, unknown>>().notNull(),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
});

export const priceOverrides = sqliteTable("price_overrides", {
  model: text().primaryKey(),
  price: text({ mode: "json" }).$type<ModelPrice>().notNull(),
  updatedAt: integer("updated_at").notNull(),
});

/** Responses that are not ready yet (relay/background.ts). */
export const backgroundResponses = sqliteTable(
  "background_responses",
  {
    keyId: text("key_id").notNull(),
    responseId: text("response_id").notNull(),
    accountId: text("account_id").notNull(),
    leaseGrant: integer("lease_grant").notNull(),
    entry: text({ mode: "json" }).$type<Entry>().notNull(),
    createdAt: integer("created_at").notNull(),
    /** When the cron looked at it last; before that, when it was made. */
    lookedAt: integer("looked_at").notNull().default(0),
    /** The fingerprint of the account's key that made it. */
    accountKeyId: text("account_key_id").notNull().default(""),
  },
  (table) => [primaryKey({ columns: [table.keyId, table.responseId] })],
);

export const settings = sqliteTable("settings", { name: text().primaryKey(), value: text().notNull() });

export const adminSessions = sqliteTable("admin_sessions", {
  id: text().primaryKey(),
  username: text().notNull(),
  createdAt: integer("created_at").notNull(),
  expiresAt: integer("expires_at").notNull(),
  /** Who opened it, by what Cloudflare Access said; only they may use it. Empty if Access did not stand in front. */
  identity: text().notNull().default(""),
});

/** Sign-ins to providers that somebody has begun. A row is taken out when it is used, once. */
export const oauthFlows = sqliteTable("oauth_flows", {
  id: text().primaryKey(),
  flow: text().notNull(),
  sealed: text().notNull(),
  expiresAt: integer("expires_at").notNull(),
});

export const audit = sqliteTable("audit", {
  id: text().primaryKey(),
  time: integer().notNull(),
  actor: text().notNull(),
  action: text().notNull(),
  target: text().notNull(),
  detail: text({ mode: "json" }).$type<Record<string, unknown>>().notNull(),
  /** The session in which it was done; empty if nobody was signed in. */
  session: text().notNull().default(""),
  /** Who it was, by what Cloudflare Access said; empty if Access does not stand in front. */
  identity: text().notNull().default(""),
  /** The client's IP address. */
  address: text().notNull().default(""),
  /** Field → what it was and what it became; never a secret. */
  changes: text({ mode: "json" }).$type<Record<string, { old: unknown; new: unknown }>>().notNull().default({}),
});
