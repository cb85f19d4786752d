/**
 * The admin JSON API, deny by default: everything registered below the guard needs a session, and only sign-in stands
 * above it. The console types its client from `AdminApp`.
 */
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import type { AdminEnv } from "./context.ts";
import { requireSession } from "./guard.ts";
import { harden, limitBody, requireJson } from "./hardening.ts";
import { invalid, refuse } from "./refusal.ts";
import { accountRoutes } from "./routes/accounts.ts";
import { apiKeyRoutes } from "./routes/api-keys.ts";
import { requestRoutes } from "./routes/requests.ts";
import { loginRoute, sessionRoutes } from "./routes/sessions.ts";

export const admin = new Hono<AdminEnv>()
  .basePath("/admin")
  .use("*", harden, limitBody, requireJson)
  .route("/", loginRoute)
  .use("*", requireSession)
  .route("/", sessionRoutes)
  .route("/accounts", accountRoutes)
  .route("/api-keys", apiKeyRoutes)
  .route("/requests", requestRoutes);

export type AdminApp = typeof admin;

// A route of its own, because `notFound` of a mounted app is never asked.
admin.all("*", (c) => refuse(c, { reason: "not_found", message: `There is no ${c.req.method} ${c.req.path}` }));

admin.onError((error, c) => {
  // Hono's JSON validator throws where a body does not parse.
  if (error instanceof HTTPException && error.status === 400) {
    return refuse(c, invalid({ field: "", message: "the body is not valid JSON" }));
  }
  console.error(JSON.stringify({ event: "admin_error", path: c.req.path, error: error.message }));
  return refuse(c, { reason: "failed", message: "Something went wrong on our side; the Worker's log says what" });
});
