/**
 * Counting sign-ins that fail, over all locations: the rate-limit binding counts in each of Cloudflare's separately,
 * and a guesser may come from everywhere. The count is the audit trail itself: an attempt leaves its row before the
 * password is looked at, in one statement that also counts, so that a thousand attempts at once are no way around it.
 *
 * An allowance belongs to a scope: a browser that has signed in before has its own, so does each identity behind
 * Cloudflare Access, and all others share one. So guessing fills neither D1 nor, for the operator, the allowance.
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
/** What is refused for being too many is not even counted for so long: a flood costs D1 nothing. */
const REFUSED_FOR_MS = 30_000;

/** What an attempt is called until it has succeeded. */
export const REFUSED = "session.refused";

/** Until when a scope is known to be used up. Values only, and never many: scopes need a signed token to be made. */
const usedUp = new Map<string, number>();

export function scopeOf(identity: string, device: string | null): string {
  if (identity !== "") return `identity:${identity}`;
  return device === null ? "everybody" : `device:${device}`;
}

/** The attempt's row, or null where the scope has failed too often. */
export async function beginAttempt(context: VerbContext, scope: string): Promise<string | null> {
  const { env, now } = context;
  if ((usedUp.get(scope) ?? 0) > now) return null;
  // What was typed as the name may well be a password, so nobody's name is written down.
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

/** The statement that makes of the attempt's row what somebody who is signed in has done with the password: no failure. */
export function attemptBecame({ env, actor }: VerbContext, id: string, { action, target, detail = {} }: AuditEntry) {
  const { name, session } = actor;
  return drizzle(env.DB).update(audit).set({ action, target, detail, actor: name, session }).where(eq(audit.id, id));
}

/** The statement that makes of the attempt's row what it has become: a sign-in, which counts as no failure. */
export function attemptSucceeded({ env }: VerbContext, id: string, actor: string, session: string) {
  return drizzle(env.DB)
    .update(audit)
    .set({ action: "session.login", actor, target: session, session })
    .where(eq(audit.id, id));
}
