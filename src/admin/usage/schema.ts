/**
 * Usage summed up: by what, over which time, and for whom. For sessions of clients, and the agents in them, it is read from the request
 * log, which is kept for some weeks.
 */
import * as z from "zod/mini";
import { readCursor } from "../../backup/cursor.ts";
import { digits, into, textOf } from "../../ground/shape.ts";
import type { Outcome } from "../../store/schema.ts";
import type { UsageView } from "../../vocabulary.ts";
import { countCursor, cursorOf, idCursor, type Page, pageQuery } from "../api/paging.ts";
import { time } from "../api/values.ts";
import type { GroupKey } from "./query.ts";

/** `platform` and `group` are those that the account has today. */
export const USAGE_GROUPS = ["key", "account", "model", "hour", "day", "tag", "client", "platform", "group"] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];

const sumsQuery = z
  .extend(pageQuery, {
    group_by: z._default(z.enum(USAGE_GROUPS), "day"),
    then_by: z.optional(z.enum(USAGE_GROUPS)),
    /** Default: 24 hours before `to` if hours are asked for, else the 30 days that end with `to`. */
    from: z.optional(time),
    /** Default: now. */
    to: z.optional(time),
    key_id: z.optional(textOf(1, 100)),
    account_id: z.optional(textOf(1, 100)),
    model: z.optional(textOf(1, 200)),
    client: z.optional(textOf(1, 100)),
  })
  .check(
    z.refine(({ group_by, then_by }) => group_by !== then_by, { path: ["then_by"], error: "is the same as group_by" }),
    z.refine(
      ({ client, group_by, then_by, account_id, model }) => {
        const byClient = client !== undefined || group_by === "client" || then_by === "client";
        const byAccount = [group_by, then_by].some((group) => group !== undefined && NOT_BY_CLIENT.includes(group));
        return !byClient || (!byAccount && account_id === undefined && model === undefined);
      },
      {
        path: ["client"],
        error: "goes with keys, tags, hours and days alone: sums by client know no accounts and models",
      },
    ),
  );

/** Groups that are not known by client. */
const NOT_BY_CLIENT: readonly UsageGroup[] = ["account", "model", "platform", "group"];

export const usageQuery = z
  .safeExtend(sumsQuery, {
    /** How many groups came before. They are summed anew for every page. */
    cursor: countCursor,
    /** `1`: hours or days without a request are included, with zeros. */
    fill: into(z._default(z.enum(["0", "1"]), "0"), (flag) => flag === "1"),
  })
  .check(
    z.refine(({ fill, group_by, then_by }) => !fill || (!then_by && (group_by === "hour" || group_by === "day")), {
      path: ["fill"],
      error: "goes with group_by=hour or group_by=day, and no then_by",
    }),
  );

export const exportUsageQuery = z.safeExtend(sumsQuery, {
  /** The last group of the previous file. */
  cursor: cursorOf(1_000, (text): GroupKey | null => {
    const [first, second, ...more] = readCursor(text) ?? [];
    return first != null && second != null && more.length === 0 ? [first, second] : null;
  }),
});

/** As many as a page of keys has. */
const MOST_KEYS = 200;
const MOST_DAYS_OF_KEYS = 31;

export const usageOfKeysQuery = z.strictObject({
  /** Ids separated by commas. */
  key_ids: z.pipe(
    into(z.string(), (text) => [...new Set(text.split(","))]),
    z.array(textOf(1, 100)).check(z.minLength(1), z.maxLength(MOST_KEYS)),
  ),
  /** The relay's own days. Today is the last. */
  days: z._default(
    z.pipe(digits(/^\d{1,2}$/, "must be a whole number"), z.number().check(z.minimum(1), z.maximum(MOST_DAYS_OF_KEYS))),
    7,
  ),
});

export type ReadUsageOfKeys = z.output<typeof usageOfKeysQuery>;

export interface UsageOfKeys {
  /** `2026-11-21`, oldest first. */
  days: string[];
  /** In the order in which they were asked for, with one figure for each day. A missing key has used nothing. */
  items: { key_id: string; requests: number[]; cost_usd: string[] }[];
}

export const usageOfKeyQuery = z.strictObject({
  key_id: textOf(1, 100),
  /** Default: the 30 days that end with `to`. */
  from: z.optional(time),
  /** Default: now. */
  to: z.optional(time),
});

export type ReadUsageOfKey = z.output<typeof usageOfKeyQuery>;

export interface UsageOfKey {
  /** What was summed: `from` inclusive, `to` exclusive, both widened to whole hours. */
  from: string;
  to: string;
  totals: UsageSums;
  /** Newest first; days without a request are left out. */
  days: ({ day: string } & UsageSums)[];
  /** The 20 most expensive ones, in descending order. */
  models: ({ model: string } & UsageSums)[];
}

export type ReadUsage = z.output<typeof usageQuery>;
export type ExportUsage = z.output<typeof exportUsageQuery>;
export type SumsOf = z.output<typeof sumsQuery>;

/** Of the counts, `reasoning_tokens` is the part of `output_tokens` that was reasoning. */
export interface UsageSums extends UsageView {
  requests: number;
  /** Requests with a status of 400 or above, or broken off by the upstream. */
  errors: number;
  /** How the requests ended; `unknown`: summed before outcomes were recorded. */
  outcomes: Record<Outcome | "unknown", number>;
  /** To the first token, for requests that had one; below, to the end, for those that were completed. */
  ttft_ms: PercentilesView;
  duration_ms: PercentilesView;
  cost_usd: string;
  /** Requests whose model had no known price: their tokens are included, their cost is not. */
  unpriced: number;
}

/** Estimated from a histogram, in milliseconds; null if nothing is known. */
export interface PercentilesView {
  p50: number | null;
  p95: number | null;
}

/** Has the fields of the groups that were asked for. */
export interface UsageItem extends UsageSums {
  key_id?: string;
  /** Null for a key that D1 does not know. */
  key_name?: string | null;
  /** Null if no account was reached. */
  account_id?: string | null;
  account_name?: string | null;
  model?: string;
  client?: string;
  /** Null if no account was reached, or it is gone. */
  platform?: string | null;
  /** Null for accounts in no group, and if none was reached. An account in two groups counts under both. */
  group_id?: string | null;
  group_name?: string | null;
  /** The beginning of the hour, ISO 8601. */
  hour?: string;
  /** `2026-11-21`, in the relay's TIMEZONE_OFFSET. */
  day?: string;
  /** Null for keys without tags. A key with two tags counts under both, and once in the totals. */
  tag?: string | null;
}

export interface UsagePage extends Page<UsageItem> {
  totals: UsageSums;
  /** If hours or days are a group: all of those in the range, oldest first, in the notation of the items. */
  buckets: string[] | null;
  /** What was summed: `from` inclusive, `to` exclusive, both widened to whole hours. */
  from: string;
  to: string;
}

export const usageSessionsQuery = z.strictObject({
  cursor: idCursor("req"),
  from: z.optional(time),
  to: z.optional(time),
  key_id: z.optional(textOf(1, 100)),
  /** Only this session, by its agents. */
  session_id: z.optional(textOf(1, 64)),
});

export type ReadUsageSessions = z.output<typeof usageSessionsQuery>;

export interface SessionUsage extends UsageView {
  key_id: string;
  session_id: string;
  /** Null for the session's own requests. */
  agent_id: string | null;
  parent_agent_id: string | null;
  requests: number;
  cost_usd: string;
  /** The first and the last of its requests on this page. */
  first_at: string;
  last_at: string;
}

/** The most expensive first. With `next_cursor` the log continues, and so may the sessions: add their figures there. */
export type SessionsPage = Page<SessionUsage>;
