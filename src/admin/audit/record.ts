/**
 * The audit trail: who did what to which record, from where, and what it changed. A row is written in the same D1 batch (one transaction)
 * as the change that it records. Rows have fields, values and counts, never a secret.
 */
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { recordId } from "../../ground/record-id.ts";
import { audit } from "../../store/schema.ts";
import type { VerbContext } from "../api/context.ts";
import type { Changes } from "./changes.ts";

export interface AuditEntry {
  /** Such as `api-key.create`. */
  action: string;
  /** The id of the record. */
  target: string;
  /** Further information, such as the record's name. */
  detail?: Record<string, unknown>;
  changes?: Changes;
}

type AuditRow = typeof audit.$inferInsert;

/**
 * The statement that writes one row. It must come directly after the statement that it records: if that one changed nothing, it writes
 * nothing, so a change that lost a race leaves no trace.
 */
export function auditChange(context: VerbContext, entry: AuditEntry) {
  const { id, time, actor, action, target, detail, session, identity, address, changes } = auditRow(context, entry);
  return drizzle(context.env.DB)
    .insert(audit)
    .select(
      sql`select ${id}, ${time}, ${actor}, ${action}, ${target}, ${JSON.stringify(detail)}, ${session}, ${identity},
        ${address}, ${JSON.stringify(changes)} where changes() > 0`,
    );
}

/** The statement for something that should be recorded although it changes nothing, such as showing a key. */
export function auditAct(context: VerbContext, entry: AuditEntry) {
  return drizzle(context.env.DB).insert(audit).values(auditRow(context, entry));
}

/** Like `auditChange`, for a statement that changes many rows: the detail tells how many, as `changed`. */
export function auditCount(context: VerbContext, entry: AuditEntry): D1PreparedStatement {
  const { id, time, actor, action, target, detail, session, identity, address } = auditRow(context, entry);
  return context.env.DB.prepare(
    `INSERT INTO audit (id, time, actor, action, target, detail, session, identity, address, changes)
     SELECT ?1, ?2, ?3, ?4, ?5, json_set(?6, '$.changed', changes()), ?7, ?8, ?9, '{}' WHERE changes() > 0`,
  ).bind(id, time, actor, action, target, JSON.stringify(detail), session, identity, address);
}

/** One row for each of several records that the same change affects. */
export interface AuditRows {
  action: string;
  entries: { target: string; detail: Record<string, unknown>; changes: Changes }[];
}

/** The statement for records that this batch creates, none of which can have lost a race. */
export function auditMany(context: VerbContext, { action, entries }: AuditRows): D1PreparedStatement {
  const { env, actor, now } = context;
  const rows = entries.map((entry) => ({ ...entry, id: recordId("aud", now) }));
  return env.DB.prepare(
    `INSERT INTO audit (id, time, actor, action, target, detail, session, identity, address, changes)
     SELECT row.value ->> 'id', ?1, ?2, ?3, row.value ->> 'target', row.value -> 'detail', ?5, ?6, ?7,
       row.value -> 'changes'
     FROM json_each(?4) AS row`,
  ).bind(now, actor.name, action, JSON.stringify(rows), actor.session, actor.identity, actor.address);
}

export function auditRow({ actor, now }: VerbContext, { action, target, detail = {}, changes = {} }: AuditEntry) {
  const { name, session, identity, address } = actor;
  return {
    id: recordId("aud", now),
    time: now,
    actor: name,
    action,
    target,
    detail,
    session,
    identity,
    address,
    changes,
  } satisfies AuditRow;
}
