/** Reading the audit trail, newest first. */
import { and, desc, eq, gte, lt, or, type SQL, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { firstIdAt } from "../../ground/record-id.ts";
import { audit } from "../../store/schema.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import type { Page } from "../api/paging.ts";
import { readPage } from "../api/paging.ts";
import type { AuditView, ListAudit } from "./schema.ts";

type AuditRow = typeof audit.$inferSelect;

export async function listAudit({ env }: VerbContext, input: ListAudit): Promise<VerbResult<Page<AuditView>>> {
  const db = drizzle(env.DB);
  const range = rangeOf(input);
  const conditions = conditionsOf(input);
  const { rows, next } = await readPage<AuditRow, string>({
    limit: input.limit,
    filtered: conditions !== undefined,
    positionOf: (row) => row.id,
    positionAt: async (offset) => {
      const at = db.select({ id: audit.id }).from(audit).where(range).orderBy(desc(audit.id));
      return (await at.limit(1).offset(offset).get())?.id ?? null;
    },
    rows: (end, limit) => {
      const within = and(range, end ? gte(audit.id, end) : undefined, conditions);
      return db.select().from(audit).where(within).orderBy(desc(audit.id)).limit(limit).all();
    },
  });
  return { ok: true, value: { items: rows.map(viewOf), next_cursor: next } };
}

/** Ids begin with their time, so the cursor and the times together bound one range scan. */
function rangeOf({ cursor, from, to }: ListAudit): SQL | undefined {
  return and(
    cursor ? lt(audit.id, cursor) : undefined,
    from === undefined ? undefined : gte(audit.id, firstIdAt("aud", from)),
    to === undefined ? undefined : lt(audit.id, firstIdAt("aud", to)),
  );
}

function conditionsOf({ action, target, actor, session_id, identity, address }: ListAudit): SQL | undefined {
  const ofKind = sql`substr(${audit.action}, 1, ${(action ?? "").length + 1}) = ${`${action}.`}`;
  return and(
    action ? or(eq(audit.action, action), ofKind) : undefined,
    target ? eq(audit.target, target) : undefined,
    actor ? eq(audit.actor, actor) : undefined,
    session_id ? eq(audit.session, session_id) : undefined,
    identity ? eq(audit.identity, identity) : undefined,
    address ? eq(audit.address, address) : undefined,
  );
}

function viewOf(row: AuditRow): AuditView {
  return {
    id: row.id,
    time: new Date(row.time).toISOString(),
    actor: row.actor,
    session_id: row.session || null,
    identity: row.identity || null,
    address: row.address || null,
    action: row.action,
    target: row.target,
    detail: row.detail,
    changes: row.changes,
  };
}
