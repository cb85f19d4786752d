/**
 * Sign-ins that somebody has begun: sealed, for ten minutes, each good for one finish. In D1, because that can take a row
 * out and say in the same breath whether it was there: of two who bring the same one, one gets it.
 */
import { lte } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { MINUTE_MS } from "../../ground/durations.ts";
import { recordId } from "../../ground/record-id.ts";
import { oauthFlows } from "../../store/schema.ts";
import { flowPlace } from "../../vault/places.ts";
import { open, seal } from "../../vault/seal.ts";

export const FLOW_MS = 10 * MINUTE_MS;

/** What finishes it. */
export type FlowSecret =
  | { type: "code"; state: string; verifier: string }
  | { type: "device"; deviceCode: string; intervalS: number };

export interface TakenFlow {
  id: string;
  secret: FlowSecret;
  expiresAt: number;
}

/** Begins one; answers its id. `lifeMs`: where the provider gives it less than ten minutes. */
export async function keepFlow(
  env: Env,
  flow: string,
  secret: FlowSecret,
  now: number,
  lifeMs = FLOW_MS,
): Promise<{ id: string; expiresAt: number }> {
  const id = recordId("flow", now);
  const expiresAt = now + Math.min(lifeMs, FLOW_MS);
  const sealed = await seal(JSON.stringify(secret), flowPlace(id), env.ENCRYPTION_KEY);
  const db = drizzle(env.DB);
  await db.batch([
    db.delete(oauthFlows).where(lte(oauthFlows.expiresAt, now)),
    db.insert(oauthFlows).values({ id, flow, sealed, expiresAt }),
  ]);
  return { id, expiresAt };
}

/** Takes it out; null where there is none: used, expired, or never begun. */
export async function takeFlow(env: Env, flow: string, id: string, now: number): Promise<TakenFlow | null> {
  const row = await env.DB.prepare(
    "DELETE FROM oauth_flows WHERE id = ? AND flow = ? AND expires_at > ? RETURNING sealed, expires_at",
  )
    .bind(id, flow, now)
    .first<{ sealed: string; expires_at: number }>();
  if (!row) return null;
  const secret = JSON.parse(await open(row.sealed, flowPlace(id), env.ENCRYPTION_KEY)) as FlowSecret;
  return { id, secret, expiresAt: row.expires_at };
}

/** Puts one back that is not over: nobody has entered its code yet. */
export async function putBack(env: Env, flow: string, { id, secret, expiresAt }: TakenFlow): Promise<void> {
  const sealed = await seal(JSON.stringify(secret), flowPlace(id), env.ENCRYPTION_KEY);
  await drizzle(env.DB).insert(oauthFlows).values({ id, flow, sealed, expiresAt });
}
