/** Sign-in, sign-out, and who is signed in. Cookies are set and cleared only here. */
import type { Context } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import { Hono } from "hono/tiny";
import { type AdminEnv, addressOf, respond, verbContext } from "../api/context.ts";
import { type AdminRefusal, refuse } from "../api/refusal.ts";
import { cookieName, isSecure } from "../api/transport.ts";
import { body } from "../api/validate.ts";
import { endSession, listSessions } from "./open.ts";
import { readBasic, readDeviceToken } from "./presented.ts";
import { loginBody, type SessionView } from "./schema.ts";
import { DEVICE_SECONDS } from "./tokens.ts";
import { login, logout } from "./verbs.ts";

/** The only route that strangers may call. */
export const loginRoute = new Hono<AdminEnv>().post("/login", body(loginBody), async (c) => {
  const input = readBasic(c.req.header("authorization")) ?? c.req.valid("json");
  const result = await login(
    {
      env: c.env,
      address: addressOf(c),
      identity: c.get("identity"),
      deviceToken: readDeviceToken(c),
      now: Date.now(),
    },
    input,
  );
  if (!result.ok) {
    const wait = RETRY_AFTER[result.refusal.reason];
    if (wait !== undefined) c.header("retry-after", wait);
    return refuse(c, result.refusal);
  }
  const { view, deviceToken } = result.value;
  keep(c, "session", view.access_token, view.expires_in);
  keep(c, "device", deviceToken, DEVICE_SECONDS);
  return c.json(view, 200);
});

/** Seconds. After this time a sixth of the shared allowance is free again, if nobody fails meanwhile. */
const RETRY_AFTER: Partial<Record<AdminRefusal["reason"], string>> = {
  too_many_logins: "60",
  too_many_failures: "600",
};

function keep(c: Context, what: "session" | "device", token: string, maxAge: number): void {
  setCookie(c, cookieName(c, what), token, {
    path: "/",
    httpOnly: true,
    sameSite: "Strict",
    secure: isSecure(c),
    maxAge,
  });
}

export const sessionRoutes = new Hono<AdminEnv>()
  .post("/logout", async (c) => {
    deleteCookie(c, cookieName(c, "session"), { path: "/", secure: isSecure(c) });
    return respond(c, await logout(verbContext(c), c.get("session").id), 200);
  })
  .get("/sessions", async (c) => respond(c, await listSessions(verbContext(c)), 200))
  .delete("/sessions/:id", async (c) => respond(c, await endSession(verbContext(c), c.req.param("id")), 200))
  .get("/session", (c) => {
    const { username, expiresAt } = c.get("session");
    const view: SessionView = {
      username,
      expires_at: new Date(expiresAt).toISOString(),
      timezone_offset_hours: Number(c.env.TIMEZONE_OFFSET) || 0,
    };
    return c.json(view, 200);
  });
