/**
 * Counts failed sign-ins over all locations: the rate-limit binding counts in each of Cloudflare's locations separately, and somebody who
 * guesses may come from everywhere. The count is the audit trail itself: before the password is looked at, an attempt writes its row in
 * a statement that also counts, so a thousand simultaneous attempts cannot get around it.
 *
 * Each scope has its own allowance: every browser that has signed in before, and every identity behind Cloudflare Access, is a scope; all
 * others share one. So guessing neither fills D1 nor uses up the operator's allowance.
 */
import { eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { HOUR_MS } from "../../ground/durations.ts";
import { firstIdAt } from "../../ground/record-id.ts";
import { audit } from "../../store/schema.ts";
import type { VerbContext } from "../api/context.ts";
import { type AuditEntry, auditRow } from "../audit/record.ts";

/** Failures per scope in any hour. */
export const FAILURES_PER_HOUR = 30;
/** For this time, attempts beyond the allowance are not even counted, so that a flood costs D1 nothing. */
const REFUSED_FOR_MS = 30_000;

/** The action of an attempt until it has succeeded. */
export const REFUSED = "session.refused";

/** Until when a scope is known to be used up. It stays small, because a scope of its own requires a signed token. */
const usedUp = new Map<string, number>();

export function scopeOf(identity: string, device: string | null): string {
  if (identity !== "") return `identity:${identity}`;
  return device === null ? "everybody" : `device:${device}`;
}

/** The id of the attempt's row, or null if the scope has failed too often. */
export async function beginAttempt(context: VerbContext, scope: string): Promise<string | null> {
  const { env, now } = context;
  if ((usedUp.get(scope) ?? 0) > now) return null;
  // People may type their password as the name, so no name is stored.
  const { id, time, actor, action, target, detail, session, identity, address, changes } = auditRow(context, {
    action: REFUSED,
    target: scope,
  });
  const failures = sql`select count(*) from audit where id >= ${firstIdAt("aud", now - HOUR_MS)}
    and action = ${REFUSED} and target = ${scope}`;
  const written = await drizzle(env.DB).run(
    sql`insert into audit (id, time, actor, action, target, detail, session, identity, address, changes)
        select ${id}, ${time}, ${actor}, ${action}, ${target}, ${JSON.stringify(detail)}, ${session}, ${identity},
        ${address}, ${JSON.stringify(changes)} where (${failures}) < ${FAILURES_PER_HOUR}`,
  );
  if (written.meta.changes > 0) return id;
  usedUp.set(scope, now + REFUSED_FOR_MS);
  return null;
}

/** The statement that turns the attempt's row into the action that was done with the password. It no longer counts as a failure. */
export function attemptBecame({ env, actor }: VerbContext, id: string, { action, target, detail = {} }: AuditEntry) {
  const { name, session } = actor;
  return drizzle(env.DB).update(audit).set({ action, target, detail, actor: name, session }).where(eq(audit.id, id));
}

/** The statement that turns the attempt's row into a sign-in, which does not count as a failure. */
export function attemptSucceeded({ env }: VerbContext, id: string, actor: string, session: string) {
  return drizzle(env.DB)
    .update(audit)
    .set({ action: "session.login", actor, target: session, session })
    .where(eq(audit.id, id));
}
