/** A row of the audit trail, and the filters that find one. */
import * as z from "zod";
import { idCursor, pageQuery } from "../api/paging.ts";
import { time } from "../api/values.ts";
import type { Changes } from "./changes.ts";

const text = z.string().min(1).max(200).optional();

export const listAuditQuery = pageQuery.extend({
  cursor: idCursor("aud"),
  /** From this time on, and before that one. */
  from: time.optional(),
  to: time.optional(),
  /** Such as `account.update`, or `account` for everything that was done to accounts. */
  action: z
    .string()
    .regex(
      /^[a-z]+(?:-[a-z]+)*(?:\.[a-z]+(?:-[a-z]+)*)?$/,
      "must be an action such as account.update, or its first part",
    )
    .optional(),
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
  /** Null where nobody was signed in. */
  session_id: string | null;
  /** Who Cloudflare Access said it was; null where it does not stand in front. */
  identity: string | null;
  /** The IP address. */
  address: string | null;
  action: string;
  target: string;
  detail: Record<string, unknown>;
  changes: Changes;
}
