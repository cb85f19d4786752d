/**
 * Usage summed up: by what, over which time, of whom. Of sessions of clients, and the agents within them, it is read from the
 * request log, which is kept for some weeks.
 */
import { z } from "zod";
import type { UsageView } from "../../vocabulary.ts";
import { idCursor, type Page, pageQuery } from "../api/paging.ts";
import { time } from "../api/values.ts";

export const USAGE_GROUPS = ["key", "account", "model", "hour", "day", "tag"] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];

export const usageQuery = pageQuery
  .extend({
    /** How many groups there were before; they are summed anew for every page. */
    cursor: z
      .string()
      .regex(/^\d{1,7}$/, "is not a next_cursor of this list")
      .transform(Number)
      .optional(),
    group_by: z.enum(USAGE_GROUPS).default("day"),
    then_by: z.enum(USAGE_GROUPS).optional(),
    /** Without it: 24 hours before `to` where hours are asked for, else the 30 days that end with `to`. */
    from: time.optional(),
    /** Without it: now. */
    to: time.optional(),
    key_id: z.string().min(1).max(100).optional(),
    account_id: z.string().min(1).max(100).optional(),
    model: z.string().min(1).max(200).optional(),
  })
  .refine(({ group_by, then_by }) => group_by !== then_by, { path: ["then_by"], error: "is the same as group_by" });

export type ReadUsage = z.output<typeof usageQuery>;

/** Of the counts, `reasoning_tokens` is the share of `output_tokens` that was reasoning. */
export interface UsageSums extends UsageView {
  requests: number;
  errors: number;
  cost_usd: string;
  /** Requests whose model had no known price: their tokens are here, their money is not. */
  unpriced: number;
}

/** Holds the fields of the groups that were asked for. */
export interface UsageItem extends UsageSums {
  key_id?: string;
  /** Null for a key that D1 does not know. */
  key_name?: string | null;
  /** Null where no account was reached. */
  account_id?: string | null;
  account_name?: string | null;
  model?: string;
  /** The beginning of the hour, ISO 8601. */
  hour?: string;
  /** `2026-11-21`, in the relay's TIMEZONE_OFFSET. */
  day?: string;
  /** Null for keys without tags. A key with two tags counts under both, and once in the totals. */
  tag?: string | null;
}

export interface UsagePage extends Page<UsageItem> {
  totals: UsageSums;
  /** What was summed: `from` inclusive, `to` exclusive, both widened to whole hours. */
  from: string;
  to: string;
}

export const usageSessionsQuery = z.strictObject({
  cursor: idCursor("req"),
  from: time.optional(),
  to: time.optional(),
  key_id: z.string().min(1).max(100).optional(),
  /** One session: its agents. */
  session_id: z.string().min(1).max(64).optional(),
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
  /** The first and the last request that this page has of it. */
  first_at: string;
  last_at: string;
}

/** Dearest first. With `next_cursor` the log goes on, and so may the sessions: what they have there is to be added. */
export type SessionsPage = Page<SessionUsage>;
