/** `/admin/usage`: the adapter from HTTP to the sums, and nothing else. */
import { Hono } from "hono";
import { type AdminEnv, respond, verbContext } from "../api/context.ts";
import { query } from "../api/validate.ts";
import { usageQuery, usageSessionsQuery } from "./schema.ts";
import { readUsageSessions } from "./sessions.ts";
import { readUsage } from "./verbs.ts";

export const usageRoutes = new Hono<AdminEnv>()
  .get("/", query(usageQuery), async (c) => {
    return respond(c, await readUsage(verbContext(c), c.req.valid("query")), 200);
  })
  .get("/sessions", query(usageSessionsQuery), async (c) => {
    return respond(c, await readUsageSessions(verbContext(c), c.req.valid("query")), 200);
  });
