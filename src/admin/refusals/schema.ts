/** How often requests were refused: by key, reason and time. */
import * as z from "zod/mini";
import { textOf } from "../../ground/shape.ts";
import { countCursor, type Page, pageQuery } from "../api/paging.ts";
import { time } from "../api/values.ts";

export const REFUSAL_GROUPS = ["key", "reason", "hour", "day"] as const;
export type RefusalGroup = (typeof REFUSAL_GROUPS)[number];

export const refusalsQuery = z
  .extend(pageQuery, {
    /** How many groups came before. */
    cursor: countCursor,
    group_by: z._default(z.enum(REFUSAL_GROUPS), "key"),
    then_by: z.optional(z.enum(REFUSAL_GROUPS)),
    /** Default: 24 hours before `to`. */
    from: z.optional(time),
    /** Default: now. */
    to: z.optional(time),
    key_id: z.optional(textOf(1, 100)),
    reason: z.optional(textOf(1, 100)),
  })
  .check(
    z.refine(({ group_by, then_by }) => group_by !== then_by, { path: ["then_by"], error: "is the same as group_by" }),
  );

export type ReadRefusals = z.output<typeof refusalsQuery>;

/** Has the fields of the groups that were asked for. */
export interface RefusalItem {
  /** Null if it is not known whose request it was. */
  key_id?: string | null;
  /** Null also for a key that D1 does not know. */
  key_name?: string | null;
  /** The relay's name for it: `budget`, `model_denied`, … */
  reason?: string;
  /** The beginning of the hour, ISO 8601. */
  hour?: string;
  /** `2026-11-21`, in the relay's TIMEZONE_OFFSET. */
  day?: string;
  count: number;
  /** The beginning of the last hour that has any. */
  last_at: string;
}

export interface RefusalsPage extends Page<RefusalItem> {
  total: number;
  /** What was counted: `from` inclusive, `to` exclusive, both widened to whole hours. */
  from: string;
  to: string;
}
