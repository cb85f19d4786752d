/**
 * Sign-ins that somebody has begun: sealed, for ten minutes, each of them finished at most once. They are in D1, because it can delete a
 * row and tell in the same step whether it was there.
 */
import { lte } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { MINUTE_MS } from "../../ground/durations.ts";
import { recordId } from "../../ground/record-id.ts";
import { oauthFlows } from "../../store/schema.ts";
import { flowPlace } from "../../vault/places.ts";
import { open, seal } from "../../vault/seal.ts";

export const FLOW_MS = 10 * MINUTE_MS;

/** What is needed to finish it. */
export type FlowSecret =
  | { type: "code"; state: string; verifier: string }
  | { type: "device"; deviceCode: string; intervalS: number };

/** Begins a sign-in and returns its id. `lifeMs`: if the provider allows less than ten minutes. */
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

/** What finishes a sign-in that is still open; null if there is none: used, expired, or never begun. It stays. */
export async function readFlow(env: Env, flow: string, id: string, now: number): Promise<FlowSecret | null> {
  return secretOf(env, "SELECT sealed FROM oauth_flows WHERE id = ? AND flow = ? AND expires_at > ?", flow, id, now);
}

/** The same, but deletes it: of two callers, only one gets it. */
export async function takeFlow(env: Env, flow: string, id: string, now: number): Promise<FlowSecret | null> {
  const taken = "DELETE FROM oauth_flows WHERE id = ? AND flow = ? AND expires_at > ? RETURNING sealed";
  return secretOf(env, taken, flow, id, now);
}

async function secretOf(env: Env, query: string, flow: string, id: string, now: number): Promise<FlowSecret | null> {
  const sealed = await env.DB.prepare(query).bind(id, flow, now).first<string>("sealed");
  return sealed === null ? null : (JSON.parse(await open(sealed, flowPlace(id), env.ENCRYPTION_KEY)) as FlowSecret);
}
