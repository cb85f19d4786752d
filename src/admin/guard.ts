/**
 * The one door of the admin API: a signed, unexpired session that D1 still knows, or 401. A session that the browser
 * attached by itself may change things only when the request comes from our own pages.
 */
import { createMiddleware } from "hono/factory";
import type { AdminEnv } from "./context.ts";
import { readSessionToken } from "./credentials-of-request.ts";
import { refuse } from "./refusal.ts";
import { verifySession } from "./session-token.ts";

export const requireSession = createMiddleware<AdminEnv>(async (c, next) => {
  const { token, fromCookie } = readSessionToken(c);
  const session = await verifySession(c.env, token, Date.now());
  if (!session) {
    return refuse(c, { reason: "unauthenticated", message: "Sign in at POST /admin/login and send its access_token" });
  }
  const changesSomething = c.req.method !== "GET" && c.req.method !== "HEAD";
  if (fromCookie && changesSomething && c.req.header("origin") !== new URL(c.req.url).origin) {
    return refuse(c, { reason: "cross_site", message: "A change made with the session cookie needs our own Origin" });
  }
  c.set("session", session);
  return next();
});
