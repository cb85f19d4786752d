/**
 * The two tokens that the admin API signs, both HS256 JWTs with one key. The password is part of that key, so that changing it ends every
 * token of the old one. No token is ever stored or logged.
 *
 * A session token opens the API. Its id is a row of `admin_sessions`: the signature keeps strangers away from D1, and the row makes the
 * session revocable. A device token opens nothing. A browser that has signed in once keeps one, and its failures are counted separately.
 * So somebody who guesses passwords from many addresses uses up the strangers' allowance, but does not lock the operator out.
 */
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { jwtVerify } from "jose";
import { type Claims, signedWithSecret } from "../../ground/jwt.ts";
import { recordId } from "../../ground/record-id.ts";
import { weakSecrets } from "../../ground/secrets.ts";
import { adminSessions } from "../../store/schema.ts";
import type { Session } from "../api/context.ts";

/** The issuers differ, so that a token of one kind is never taken for the other. */
const SESSION = "edge-relay";
const DEVICE = "edge-relay device";

export const DEVICE_SECONDS = 180 * 86_400;

/** Whether the Worker's secrets cannot be guessed. With weak ones, anybody could forge tokens. */
export function isConfigured(env: Env): boolean {
  return weakSecrets(env).length === 0;
}

export async function signSession(env: Env, { id, username, expiresAt }: Session, now: number): Promise<string> {
  return signedWithSecret(signingKey(env), { ...claimsOf({ issuer: SESSION, id, expiresAt, now }), sub: username });
}

/** The session of a token, or null if it is forged, expired, revoked, or of another user than today's admin. */
export async function verifySession(env: Env, token: string, now: number): Promise<Session | null> {
  if (!token || !isConfigured(env)) return null;
  const id = await verifiedId(env, SESSION, token, now);
  if (!id) return null;
  const row = await drizzle(env.DB).select().from(adminSessions).where(eq(adminSessions.id, id)).get();
  if (!row || row.expiresAt <= now || row.username !== env.ADMIN_USERNAME) return null;
  return { id, username: row.username, identity: row.identity, expiresAt: row.expiresAt };
}

/** The token for a browser that has just signed in: for the same device as `former`, or for a new one. */
export async function signDevice(env: Env, former: string | null, now: number): Promise<string> {
  const id = former ?? recordId("dev", now);
  const claims = claimsOf({ issuer: DEVICE, id, expiresAt: now + DEVICE_SECONDS * 1_000, now });
  return signedWithSecret(signingKey(env), claims);
}

/** The device's id, or null if the token is missing, forged, expired, or of a former password. */
export async function verifyDevice(env: Env, token: string, now: number): Promise<string | null> {
  return token === "" ? null : verifiedId(env, DEVICE, token, now);
}

/** Times in milliseconds since the epoch. A token counts in seconds. */
function claimsOf(token: { issuer: string; id: string; expiresAt: number; now: number }): Claims {
  const [iat, exp] = [Math.floor(token.now / 1_000), Math.floor(token.expiresAt / 1_000)];
  return { iss: token.issuer, jti: token.id, iat, exp };
}

async function verifiedId(env: Env, issuer: string, token: string, now: number): Promise<string | null> {
  try {
    const { payload } = await jwtVerify(token, signingKey(env), {
      algorithms: ["HS256"],
      issuer,
      requiredClaims: ["exp", "jti"],
      currentDate: new Date(now),
    });
    return payload.jti ?? null;
  } catch {
    // jose throws differently for each way in which a token can be wrong, but to the caller they are all the same.
    return null;
  }
}

/** The key of every token that the admin API signs. */
export function signingKey(env: Env): Uint8Array {
  return new TextEncoder().encode(`${env.JWT_SECRET}\n${env.ADMIN_PASSWORD}`);
}
