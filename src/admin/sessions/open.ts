/** Lists the open sessions, and ends one for an administrator. */
import { and, desc, eq, gt } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { adminSessions } from "../../store/schema.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import type { Page } from "../api/paging.ts";
import { isoTime } from "../api/values.ts";
import { auditChange } from "../audit/record.ts";
import type { OpenSessionView } from "./schema.ts";

/** Each lasts twelve hours, and there is one admin. */
const MOST_SESSIONS = 100;

/** Newest first. The id opens nothing; only a signed token with it does. */
export async function listSessions({ env, actor, now }: VerbContext): Promise<VerbResult<Page<OpenSessionView>>> {
  const rows = await drizzle(env.DB)
    .select()
    .from(adminSessions)
    .where(gt(adminSessions.expiresAt, now))
    .orderBy(desc(adminSessions.id))
    .limit(MOST_SESSIONS);
  const items = rows.map(({ id, username, identity, createdAt, expiresAt }) => ({
    ...{ id, username, identity: identity === "" ? null : identity },
    created_at: isoTime(createdAt),
    expires_at: isoTime(expiresAt),
    current: id === actor.session,
  }));
  return { ok: true, value: { items, next_cursor: null } };
}

/** Its token is worthless from now on. It may be the caller's own session. */
export async function endSession(context: VerbContext, id: string): Promise<VerbResult<{ id: string; ended: true }>> {
  const db = drizzle(context.env.DB);
  const [ended] = await db.batch([
    db
      .delete(adminSessions)
      .where(and(eq(adminSessions.id, id), gt(adminSessions.expiresAt, context.now)))
      .returning({ id: adminSessions.id }),
    auditChange(context, { action: "session.end", target: id }),
  ]);
  if (ended.length > 0) return { ok: true, value: { id, ended: true } };
  return { ok: false, refusal: { reason: "not_found", message: "There is no such session; it may have ended" } };
}
