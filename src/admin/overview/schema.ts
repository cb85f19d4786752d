/** The first page of the console: what needs attention, what was used, and how much of the free plan is left today. */
import * as z from "zod/mini";
import type { AccountStatus } from "../accounts/schema.ts";
import { time } from "../api/values.ts";
import type { KeyBudgetsView } from "../keys/schema.ts";
import type { UsageSums } from "../usage/schema.ts";

export const STACKS = ["model", "key", "account"] as const;

export const overviewQuery = z.strictObject({
  /** Default: 24 hours before `to`. */
  from: z.optional(time),
  /** Default: now. */
  to: z.optional(time),
  /** What the cost of each hour or day is split by. */
  stack: z._default(z.enum(STACKS), "model"),
});

export type ReadOverview = z.output<typeof overviewQuery>;

/** Something that somebody should look at; the worst come first. */
export type AttentionView =
  | {
      kind: "account";
      id: string;
      name: string;
      status: AccountStatus;
      /** The fault table's name for it, and the same in words. */
      condition: string | null;
      reason: string | null;
      until: string | null;
    }
  /** A test of it has failed, though it is in use. */
  | { kind: "account_test"; id: string; name: string; condition: string | null; reason: string | null; at: string }
  /** Its sign-in cannot be renewed, and ends within two weeks. */
  | { kind: "sign_in_ends"; id: string; name: string; until: string }
  /** As reported by its gate's last flush. */
  | { kind: "key"; id: string; name: string; state: string; until: string | null }
  | { kind: "unpriced"; requests: number }
  | { kind: "price_feed"; at: string; reasons: string[] };

/** A figure, and its value in the period of the same length before; `before` null: that had more sums than one report reads. */
export interface TileView<Value> {
  now: Value;
  before: Value | null;
  /** Oldest first, one for each bucket. */
  series: Value[];
}

export interface StackView {
  /** An id, or a model's name; null for all that are not among the most expensive. */
  id: string | null;
  name: string | null;
  total_cost_usd: string;
  /** Oldest first, one for each bucket. */
  cost_usd: string[];
}

export interface AllowanceView {
  name: "worker_requests" | "object_requests" | "object_rows" | "d1_rows" | "kv_writes";
  /** Per day, on the free plan. */
  limit: number;
  used: number;
  /** The part of it that is estimated and not counted. */
  estimated: number;
  /** When it will be used up if the day continues as it has gone so far; null: not today. */
  exhausted_at: string | null;
}

export interface MeterView {
  /** When the day began, in UTC, as Cloudflare counts it; below, when it ends. */
  from: string;
  to: string;
  /** Gates report what they have counted with their flushes, so the last minutes may be missing. */
  allowances: AllowanceView[];
  /** There are more keys than one view reads, and what the others have used is missing. */
  truncated: boolean;
}

export interface OverviewView {
  from: string;
  to: string;
  /** Hours for ranges of up to three days, else days; oldest first. */
  buckets: string[];
  attention: AttentionView[];
  tiles: {
    cost_usd: TileView<string>;
    requests: TileView<number>;
    /** The share of requests that neither completed nor were left by their client, 0 to 1; null if there were none. */
    error_rate: TileView<number | null>;
    ttft_p50_ms: TileView<number | null>;
    ttft_p95_ms: TileView<number | null>;
  };
  /** Empty if there are more layers and buckets than one view adds up. */
  stack: StackView[];
  totals: UsageSums;
  cache: {
    /** The share of all input that was read from a cache, 0 to 1. */
    share: number | null;
    /** The cost of that input as plain input, minus its real cost, at today's list prices. Estimated. */
    saved_usd: string;
  };
  /** `budgets` null: the key is gone. */
  top_keys: {
    id: string;
    name: string | null;
    requests: number;
    cost_usd: string;
    budgets: KeyBudgetsView | null;
  }[];
  accounts: { id: string; name: string; platform: string; status: AccountStatus; until: string | null }[];
  meter: MeterView;
  /** This month in the relay's TIMEZONE_OFFSET, with its cost if it continues like the last seven days. Estimated. */
  month: { from: string; to: string; cost_usd: string; forecast_usd: string } | null;
}
