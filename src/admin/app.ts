/**
 * The admin JSON API, deny by default: every route below the guard requires a session, and only sign-in is above it. Https and, if it is
 * set up, Cloudflare Access are checked before that. The console derives the types of its client from `AdminApp`.
 */
import { DrizzleQueryError } from "drizzle-orm/errors";
import { HTTPException } from "hono/http-exception";
import { Hono } from "hono/tiny";
import { record } from "../events.ts";
import { allowanceUsedUp } from "../ground/free-plan.ts";
import { normalisePath } from "../relay/routes.ts";
import { accountRoutes } from "./accounts/routes.ts";
import { alertRoutes } from "./alerts/routes.ts";
import { aliasRoutes } from "./aliases/routes.ts";
import type { AdminEnv } from "./api/context.ts";
import { requireAccess, requireSession } from "./api/guard.ts";
import { harden, limitBody, requireJson } from "./api/hardening.ts";
import { invalid, refuse } from "./api/refusal.ts";
import { requireHttps } from "./api/transport.ts";
import { auditRoutes } from "./audit/routes.ts";
import { backupRoutes } from "./backup/routes.ts";
import { egressRoutes } from "./egress/routes.ts";
import { groupRoutes } from "./groups/routes.ts";
import { healthRoutes } from "./health/routes.ts";
import { apiKeyRoutes } from "./keys/routes.ts";
import { metaRoutes } from "./meta/routes.ts";
import { oauthRoutes } from "./oauth/routes.ts";
import { countConsoleRequest } from "./overview/console-requests.ts";
import { overviewRoutes } from "./overview/routes.ts";
import { priceRoutes } from "./prices/routes.ts";
import { refusalRoutes } from "./refusals/routes.ts";
import { requestRoutes } from "./requests/routes.ts";
import { resealRoutes } from "./reseal/routes.ts";
import { whoServesRoutes } from "./route/routes.ts";
import { loginRoute, sessionRoutes } from "./sessions/routes.ts";
import { poolStrategyRoutes } from "./settings/pool-strategy.ts";
import { settingsRoutes } from "./settings/settings.ts";
import { systemRoutes } from "./system/routes.ts";
import { templateRoutes } from "./templates/routes.ts";
import { usageRoutes } from "./usage/routes.ts";

/** The relay's own reading of a path: `//` counts as `/`, and a trailing slash is ignored. */
const getPath = (request: Request) => normalisePath(new URL(request.url).pathname);

export const admin = new Hono<AdminEnv>({ getPath })
  .basePath("/admin")
  .use("*", harden, requireHttps, requireAccess, limitBody, requireJson)
  .route("/", loginRoute)
  .use("*", requireSession, countConsoleRequest)
  .route("/", sessionRoutes)
  .route("/accounts", accountRoutes)
  .route("/oauth", oauthRoutes)
  .route("/egress", egressRoutes)
  .route("/groups", groupRoutes)
  .route("/aliases", aliasRoutes)
  .route("/alerts", alertRoutes)
  .route("/settings/pool-strategy", poolStrategyRoutes)
  .route("/settings", settingsRoutes)
  .route("/system", systemRoutes)
  .route("/health", healthRoutes)
  .route("/meta", metaRoutes)
  .route("/api-keys", apiKeyRoutes)
  .route("/templates", templateRoutes)
  .route("/prices", priceRoutes)
  .route("/", requestRoutes)
  .route("/", usageRoutes)
  .route("/overview", overviewRoutes)
  .route("/refusals", refusalRoutes)
  .route("/route", whoServesRoutes)
  .route("/reseal", resealRoutes)
  .route("/backup", backupRoutes)
  .route("/audit", auditRoutes);

export type AdminApp = typeof admin;

// A route of its own, because `notFound` of a mounted app is never called.
admin.all("*", (c) => refuse(c, { reason: "not_found", message: `There is no ${c.req.method} ${c.req.path}` }));

const ALLOWANCE_USED_UP = {
  d1: "D1 has used up what Cloudflare's free plan allows in a day; nothing can be changed until 00:00 UTC",
  objects: "Durable Objects have used up what Cloudflare's free plan allows in a day; they run again from 00:00 UTC",
} as const;
/** SQLite's answers to a query of a newer Worker. */
const STALE_SCHEMA = /\bno such (?:table|column)\b|\bhas no column named\b/;

admin.onError((error, c) => {
  // Hono's JSON validator throws if a body cannot be parsed.
  if (error instanceof HTTPException && error.status === 400) {
    return refuse(c, invalid({ field: "", message: "the body is not valid JSON" }));
  }
  // Drizzle's own message repeats the query's parameters. Its cause says what went wrong without them.
  const { message } = error instanceof DrizzleQueryError ? (error.cause ?? { message: "query failed" }) : error;
  const usedUp = allowanceUsedUp(message);
  if (usedUp) {
    record({ event: "allowance_used_up", of: usedUp });
    return refuse(c, { reason: "allowance_used_up", message: ALLOWANCE_USED_UP[usedUp] });
  }
  record({ event: "admin_failed", path: c.req.path, error: message });
  if (STALE_SCHEMA.test(message)) {
    const words =
      "D1's tables are older than this Worker: apply the migrations (npx wrangler d1 migrations apply DB --remote --config .deploy/wrangler.json)";
    return refuse(c, { reason: "schema_stale", message: words });
  }
  return refuse(c, { reason: "failed", message: "Something went wrong on our side; the Worker's log says what" });
});
