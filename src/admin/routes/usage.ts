/** `/admin/usage`: the adapter from HTTP to the sums, and nothing else. */
import { Hono } from "hono";
import { type AdminEnv, respond, verbContext } from "../context.ts";
import { usageQuery } from "../schemas/usage.ts";
import { usageSessionsQuery } from "../schemas/usage-sessions.ts";
import { query } from "../validate.ts";
import { readUsage } from "../verbs/usage.ts";
import { readUsageSessions } from "../verbs/usage-sessions.ts";

export const usageRoutes = new Hono<AdminEnv>()
  .get("/", query(usageQuery), async (c) => {
    return respond(c, await readUsage(verbContext(c), c.req.valid("query")), 200);
  })
  .get("/sessions", query(usageSessionsQuery), async (c) => {
    return respond(c, await readUsageSessions(verbContext(c), c.req.valid("query")), 200);
  });
