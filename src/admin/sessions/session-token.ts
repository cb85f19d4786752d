/**
 * Session tokens: an HS256 JWT whose `jti` is a row of `admin_sessions`. The signature keeps strangers away from D1,
 * the row makes a session revocable. A token is never stored or logged.
 */

import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { jwtVerify, SignJWT } from "jose";
import { weakSecrets } from "../../ground/secrets.ts";
import { adminSessions } from "../../store/schema.ts";
import type { Session } from "../api/context.ts";

const ISSUER = "edge-relay";

/** Whether the Worker's secrets are such that nobody can guess them; weak ones would sign what anybody can forge. */
export function isConfigured(env: Env): boolean {
  return weakSecrets(env).length === 0;
}

export async function signSession(env: Env, { id, username, expiresAt }: Session, now: number): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuer(ISSUER)
    .setSubject(username)
    .setJti(id)
    .setIssuedAt(Math.floor(now / 1000))
    .setExpirationTime(Math.floor(expiresAt / 1000))
    .sign(signingKey(env));
}

/** The session of a token, or null where it is forged, expired, revoked, or of another user than today's admin. */
export async function verifySession(env: Env, token: string, now: number): Promise<Session | null> {
  if (!token || !isConfigured(env)) return null;
  const id = await verifiedId(env, token, now);
  if (!id) return null;
  const row = await drizzle(env.DB).select().from(adminSessions).where(eq(adminSessions.id, id)).get();
  if (!row || row.expiresAt <= now || row.username !== env.ADMIN_USERNAME) return null;
  return { id, username: row.username, identity: row.identity, expiresAt: row.expiresAt };
}

async function verifiedId(env: Env, token: string, now: number): Promise<string | null> {
  try {
    const { payload } = await jwtVerify(token, signingKey(env), {
      algorithms: ["HS256"],
      issuer: ISSUER,
      requiredClaims: ["exp", "jti"],
      currentDate: new Date(now),
    });
    return payload.jti ?? null;
  } catch {
    // jose throws for every way in which a token can be wrong; they are all the same to the caller.
    return null;
  }
}

/** The password is part of the key, so that changing it ends every session that was opened with the old one. */
export function signingKey(env: Env): Uint8Array {
  return new TextEncoder().encode(`${env.JWT_SECRET}\n${env.ADMIN_PASSWORD}`);
}
