/** Sign-in, sign-out, and who is signed in. The cookie is set and cleared here and nowhere else. */
import { Hono } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import { type AdminEnv, respond, verbContext } from "../context.ts";
import { readBasic, SESSION_COOKIE } from "../credentials-of-request.ts";
import { refuse } from "../refusal.ts";
import { loginBody, type SessionView } from "../schemas/sessions.ts";
import { body } from "../validate.ts";
import { login, logout } from "../verbs/sessions.ts";

/** The one route that a stranger may call. */
export const loginRoute = new Hono<AdminEnv>().post("/login", body(loginBody), async (c) => {
  const input = readBasic(c.req.header("authorization")) ?? c.req.valid("json");
  const address = c.req.header("cf-connecting-ip") ?? "";
  const result = await login({ env: c.env, address, now: Date.now() }, input);
  if (!result.ok) {
    if (result.refusal.reason === "too_many_logins") c.header("retry-after", "60");
    return refuse(c, result.refusal);
  }
  setCookie(c, SESSION_COOKIE, result.value.access_token, {
    path: "/",
    httpOnly: true,
    sameSite: "Strict",
    secure: new URL(c.req.url).protocol === "https:",
    maxAge: result.value.expires_in,
  });
  return c.json(result.value, 200);
});

export const sessionRoutes = new Hono<AdminEnv>()
  .post("/logout", async (c) => {
    deleteCookie(c, SESSION_COOKIE, { path: "/" });
    return respond(c, await logout(verbContext(c), c.get("session").id), 200);
  })
  .get("/session", (c) => {
    const { username, expiresAt } = c.get("session");
    const view: SessionView = { username, expires_at: new Date(expiresAt).toISOString() };
    return c.json(view, 200);
  });
