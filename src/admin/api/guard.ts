/**
 * The one door of the admin API: a signed, unexpired session that D1 still knows, or 401. A session that the browser
 * attached by itself may change things only when the request comes from our own pages. In front of it, also of
 * sign-in, stands Cloudflare Access where it is set up.
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
  // A session that was opened behind Access is good for whom it was opened by, and for nobody who found its token.
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

/** Both are headers that no script can set. A proxy of local development may change the host that we compare with. */
function isFromOwnPage(c: Context): boolean {
  if (c.req.header("sec-fetch-site") === "same-origin") return true;
  return c.req.header("origin") === new URL(c.req.url).origin;
}
