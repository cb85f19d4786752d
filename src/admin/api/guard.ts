/**
 * The one door of the admin API: requires a signed, unexpired session that D1 still has, otherwise 401. If the browser attached the
 * session by itself, the request may change things only if it comes from our own pages. Before this, and before sign-in too, comes
 * Cloudflare Access if it is set up.
 */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { readSessionToken } from "../sessions/presented.ts";
import { verifySession } from "../sessions/tokens.ts";
import { accessIdentity } from "./access.ts";
import type { AdminEnv } from "./context.ts";
import { refuse } from "./refusal.ts";

export const requireAccess = createMiddleware<AdminEnv>(async (c, next) => {
  const identity = await accessIdentity(c.env, c.req.raw.headers, Date.now());
  if (!identity.ok) return refuse(c, identity.refusal);
  c.set("identity", identity.value);
  return next();
});

export const requireSession = createMiddleware<AdminEnv>(async (c, next) => {
  const { token, fromCookie } = readSessionToken(c);
  const session = await verifySession(c.env, token, Date.now());
  // A session that was opened through Access is valid only for that person, not for somebody who found its token.
  if (!session || session.identity !== c.get("identity")) {
    return refuse(c, { reason: "unauthenticated", message: "Sign in at POST /admin/login and send its access_token" });
  }
  const changesSomething = c.req.method !== "GET" && c.req.method !== "HEAD";
  if (fromCookie && changesSomething && !isFromOwnPage(c)) {
    return refuse(c, { reason: "cross_site", message: "A change made with the session cookie needs our own Origin" });
  }
  c.set("session", session);
  return next();
});

/** No script can set these two headers. A proxy in local development may change the host that they are compared with. */
function isFromOwnPage(c: Context): boolean {
  if (c.req.header("sec-fetch-site") === "same-origin") return true;
  return c.req.header("origin") === new URL(c.req.url).origin;
}
