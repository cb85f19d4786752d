/** A row of the audit trail, and the filters that find one. */
import * as z from "zod/mini";
import { matching, textOf } from "../../ground/shape.ts";
import { idCursor, pageQuery } from "../api/paging.ts";
import { time } from "../api/values.ts";
import type { Changes } from "./changes.ts";

const text = z.optional(textOf(1, 200));

export const listAuditQuery = z.extend(pageQuery, {
  cursor: idCursor("aud"),
  /** From this time on; below, before this time. */
  from: z.optional(time),
  to: z.optional(time),
  /** Such as `account.update`, or `account` for everything that was done to accounts. */
  action: z.optional(
    matching(
      /^[a-z]+(?:-[a-z]+)*(?:\.[a-z]+(?:-[a-z]+)*)?$/,
      "must be an action such as account.update, or its first part",
    ),
  ),
  /** The id of the record. */
  target: text,
  actor: text,
  session_id: text,
  identity: text,
  address: text,
});

export type ListAudit = z.output<typeof listAuditQuery>;

export interface AuditView {
  id: string;
  time: string;
  actor: string;
  /** Null if nobody was signed in. */
  session_id: string | null;
  /** The person that Cloudflare Access named; null if it is not in front. */
  identity: string | null;
  /** The IP address. */
  address: string | null;
  action: string;
  target: string;
  detail: Record<string, unknown>;
  changes: Changes;
}
