/** Signing in and out. There is one admin with one password, which opens a session that can be revoked. */
import { eq, lte } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { networkOf } from "../../ground/addresses.ts";
import { recordId } from "../../ground/record-id.ts";
import { weakSecrets } from "../../ground/secrets.ts";
import { adminSessions } from "../../store/schema.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { auditChange } from "../audit/record.ts";
import { attemptSucceeded, beginAttempt, scopeOf } from "./attempts.ts";
import { sameText } from "./same-text.ts";
import type { LoginView } from "./schema.ts";
import { signDevice, signSession, verifyDevice } from "./tokens.ts";

const SESSION_SECONDS = 12 * 3_600;

export interface LoginContext {
  env: Env;
  /** The client's IP address that Cloudflare reports. */
  address: string;
  /** The person that Cloudflare Access names; empty if it is not in front. */
  identity: string;
  /** The device token that the browser keeps; empty if there is none. */
  deviceToken: string;
  now: number;
}

export interface SignedIn {
  view: LoginView;
  /** The browser keeps it. */
  deviceToken: string;
}

/** Opens a session for the right username and password. Wrong ones are slowed down per address, and in total. */
export async function login(
  { env, address, identity, deviceToken, now }: LoginContext,
  { username = "", password = "" }: { username?: string | undefined; password?: string | undefined },
): Promise<VerbResult<SignedIn>> {
  const { success } = await env.LOGIN_LIMIT.limit({ key: `login:${networkOf(address)}` });
  if (!success) {
    return { ok: false, refusal: { reason: "too_many_logins", message: "Too many sign-ins; try again in a minute" } };
  }
  const weak = weakSecrets(env);
  if (weak.length > 0) {
    const message = `Sign-in is off until the Worker's secrets are strong enough: ${weak.join("; ")}`;
    return { ok: false, refusal: { reason: "not_configured", message } };
  }
  const device = await verifyDevice(env, deviceToken, now);
  const stranger = { env, actor: { name: "", session: "", identity, address }, now };
  const attempt = await beginAttempt(stranger, scopeOf(identity, device));
  if (attempt === null) {
    const message = "Too many sign-ins have failed within an hour; try again later, or from a browser that knows you";
    return { ok: false, refusal: { reason: "too_many_failures", message } };
  }
  const [userMatches, passwordMatches] = await Promise.all([
    sameText(username, env.ADMIN_USERNAME),
    sameText(password, env.ADMIN_PASSWORD),
  ]);
  if (!userMatches || !passwordMatches) {
    return { ok: false, refusal: { reason: "unauthenticated", message: "Wrong username or password" } };
  }

  const session = { id: recordId("ses", now), username, identity, expiresAt: now + SESSION_SECONDS * 1_000 };
  const db = drizzle(env.DB);
  await db.batch([
    // Done here and not by the cron: sessions are few, and only sign-ins create them.
    db.delete(adminSessions).where(lte(adminSessions.expiresAt, now)),
    db.insert(adminSessions).values({ ...session, createdAt: now }),
    attemptSucceeded(stranger, attempt, username, session.id),
  ]);
  const access_token = await signSession(env, session, now);
  const view = { access_token, token_type: "bearer", expires_in: SESSION_SECONDS } as const;
  return { ok: true, value: { view, deviceToken: await signDevice(env, device, now) } };
}

/** Ends one session: its token is worthless from now on. */
export async function logout(context: VerbContext, sessionId: string): Promise<VerbResult<{ signed_out: true }>> {
  const db = drizzle(context.env.DB);
  await db.batch([
    db.delete(adminSessions).where(eq(adminSessions.id, sessionId)),
    auditChange(context, { action: "session.logout", target: sessionId }),
  ]);
  return { ok: true, value: { signed_out: true } };
}
