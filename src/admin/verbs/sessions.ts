/** Signing in and out. One admin, one password; what it opens is a session that can be revoked. */
import { eq, lte } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { recordId } from "../../keys/record-id.ts";
import { adminSessions } from "../../store/schema.ts";
import { auditChange } from "../audit.ts";
import type { VerbContext, VerbResult } from "../context.ts";
import type { LoginView } from "../schemas/sessions.ts";
import { isConfigured, signSession } from "../session-token.ts";

const SESSION_SECONDS = 12 * 3_600;

export interface LoginContext {
  env: Env;
  /** The client's IP address as Cloudflare reports it. */
  address: string;
  now: number;
}

/** Opens a session for the right username and password; wrong ones are slowed down per address. */
export async function login(
  { env, address, now }: LoginContext,
  { username = "", password = "" }: { username?: string | undefined; password?: string | undefined },
): Promise<VerbResult<LoginView>> {
  const { success } = await env.LOGIN_LIMIT.limit({ key: `login:${guesserOf(address)}` });
  if (!success) {
    return { ok: false, refusal: { reason: "too_many_logins", message: "Too many sign-ins; try again in a minute" } };
  }
  if (!isConfigured(env)) {
    const message = "Sign-in is off until the secrets ADMIN_PASSWORD and JWT_SECRET are set";
    return { ok: false, refusal: { reason: "not_configured", message } };
  }
  const [userMatches, passwordMatches] = await Promise.all([
    sameText(username, env.ADMIN_USERNAME),
    sameText(password, env.ADMIN_PASSWORD),
  ]);
  if (!userMatches || !passwordMatches) {
    return { ok: false, refusal: { reason: "unauthenticated", message: "Wrong username or password" } };
  }

  const session = { id: recordId("ses", now), username, identity: "", expiresAt: now + SESSION_SECONDS * 1_000 };
  const db = drizzle(env.DB);
  await db.batch([
    // No cron is worth this: sessions are few, and only sign-ins make them.
    db.delete(adminSessions).where(lte(adminSessions.expiresAt, now)),
    db.insert(adminSessions).values({ ...session, createdAt: now }),
    auditChange(
      { env, actor: { name: username, session: session.id, identity: "", address }, now },
      { action: "session.login", target: session.id },
    ),
  ]);
  const access_token = await signSession(env, session, now);
  return { ok: true, value: { access_token, token_type: "bearer", expires_in: SESSION_SECONDS } };
}

/** Ends one session: its token is worth nothing from now on. */
export async function logout(context: VerbContext, sessionId: string): Promise<VerbResult<{ signed_out: true }>> {
  const db = drizzle(context.env.DB);
  await db.batch([
    db.delete(adminSessions).where(eq(adminSessions.id, sessionId)),
    auditChange(context, { action: "session.logout", target: sessionId }),
  ]);
  return { ok: true, value: { signed_out: true } };
}

/** Whom to count: an IPv6 guesser owns at least a /64, so only the first four groups say who it is. */
function guesserOf(address: string): string {
  return address.split(":", 4).join(":");
}

/** Compares in constant time; hashing first makes the lengths equal, so that not even the length shows. */
async function sameText(given: string, expected: string): Promise<boolean> {
  const [left, right] = await Promise.all([given, expected].map(sha256));
  return left !== undefined && right !== undefined && crypto.subtle.timingSafeEqual(left, right);
}

function sha256(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
