/** A row of the request log in the admin API, and the filters that find one. */
import * as z from "zod/mini";
import { into, matching, textOf } from "../../ground/shape.ts";
import type { Protocol } from "../../protocols/wire.ts";
import { type Attempt, OUTCOMES, type Outcome } from "../../store/schema.ts";
import type { Platform, UsageView } from "../../vocabulary.ts";
import { idCursor, pageQuery } from "../api/paging.ts";
import { time, usd } from "../api/values.ts";

const filters = {
  /** From this time on; below, before this time. */
  from: z.optional(time),
  to: z.optional(time),
  key_id: z.optional(textOf(1, 100)),
  account_id: z.optional(textOf(1, 100)),
  /** The exact model name. */
  model: z.optional(textOf(1, 200)),
  /** One status (`429`) or a class of them (`5xx`). */
  status: z.optional(matching(/^[1-5](?:\d\d|xx)$/, "must be a status such as 429, or a class such as 5xx")),
  outcome: z.optional(z.enum(OUTCOMES)),
  /** The client's id (`claude_code`), or `unknown`. */
  client: z.optional(textOf(1, 100)),
  /** The whole id, as the client sends it. */
  session_id: z.optional(textOf(1, 64)),
  agent_id: z.optional(textOf(1, 64)),
  /** Requests that cost at least this much. */
  min_cost_usd: z.optional(usd),
  unpriced: z.optional(into(z.enum(["0", "1"]), (flag) => flag === "1")),
};

export const listRequestsQuery = z.extend(pageQuery, {
  cursor: idCursor("req"),
  /** Only requests after this one, which is the newest that the list has shown. */
  since: idCursor("req"),
  ...filters,
});

export const exportRequestsQuery = z.strictObject({ cursor: idCursor("req"), ...filters });

export type ListRequests = z.output<typeof listRequestsQuery>;
export type ExportRequests = z.output<typeof exportRequestsQuery>;

export const inFlightQuery = z.strictObject({
  /** Only this key's. */
  key_id: z.optional(textOf(1, 100)),
});

export type ReadInFlight = z.output<typeof inFlightQuery>;

/** The fields of a request are null if its gate has not noted them. */
export interface RequestInFlightView {
  id: string;
  key_id: string;
  key_name: string;
  /** When it arrived. */
  time: string | null;
  model: string | null;
  client: string | null;
  protocol: Protocol | null;
  stream: boolean | null;
}

export interface InFlightView {
  /** Newest first. */
  items: RequestInFlightView[];
  /** The gates that were asked, which are those of the most recently used keys. Others may have requests in flight too. */
  keys_asked: number;
  keys_unreachable: number;
}

export interface AttemptView extends Attempt {
  /** Null for an account that is gone. */
  account_name: string | null;
}

/** The booked amount, split in the proportion of today's list prices. `other`: searches, and what is billed by the piece. */
export type CostLinesView = Record<
  "input_tokens" | "cache_read_tokens" | "cache_write_5m_tokens" | "cache_write_1h_tokens" | "output_tokens" | "other",
  string
>;

/** One request, with the names of what it refers to. */
export interface RequestDetailView extends Omit<RequestView, "attempts"> {
  attempts: AttemptView[];
  /** Null if the model has no price today, or nothing was booked. */
  cost_lines_usd: CostLinesView | null;
}

/** Of the counts, `reasoning_tokens` is the part of `output_tokens` that was reasoning. */
export interface RequestView extends UsageView {
  id: string;
  time: string;
  key_id: string;
  /** Null for a key, or an account, that D1 no longer knows. */
  key_name: string | null;
  account_id: string | null;
  account_name: string | null;
  platform: Platform;
  client: string;
  /** As the client sends it; null if it sends none. */
  session_id: string | null;
  agent_id: string | null;
  parent_agent_id: string | null;
  protocol: Protocol;
  upstream_protocol: Protocol | null;
  /** As the client named it. */
  model: string;
  /** The upstream's own name for the model that served it; null if no upstream was asked. */
  served_model: string | null;
  status: number;
  outcome: Outcome;
  stream: boolean;
  cost_usd: string;
  unpriced: boolean;
  estimated: boolean;
  ttft_ms: number | null;
  duration_ms: number;
  attempts: Attempt[];
}
