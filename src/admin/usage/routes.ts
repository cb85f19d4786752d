/** `/admin/usage`, `/admin/usage.csv`: adapters from HTTP to the sums, and nothing else. */
import { Hono } from "hono/tiny";
import { type AdminEnv, respond, verbContext } from "../api/context.ts";
import { refuse } from "../api/refusal.ts";
import { query } from "../api/validate.ts";
import { exportUsage } from "./csv.ts";
import { readUsageOfKey } from "./key.ts";
import { readUsageOfKeys } from "./keys.ts";
import { exportUsageQuery, usageOfKeyQuery, usageOfKeysQuery, usageQuery, usageSessionsQuery } from "./schema.ts";
import { readUsageSessions } from "./sessions.ts";
import { readUsage } from "./verbs.ts";

export const usageRoutes = new Hono<AdminEnv>()
  .get("/usage.csv", query(exportUsageQuery), async (c) => {
    const file = await exportUsage(verbContext(c), c.req.valid("query"));
    if (!file.ok) return refuse(c, file.refusal);
    const { body, nextCursor } = file.value;
    return c.body(body, 200, {
      "content-type": "text/csv; charset=utf-8; header=present",
      "content-disposition": 'attachment; filename="usage.csv"',
      ...(nextCursor && { "x-next-cursor": nextCursor }),
    });
  })
  .get("/usage", query(usageQuery), async (c) => {
    return respond(c, await readUsage(verbContext(c), c.req.valid("query")), 200);
  })
  .get("/usage/key", query(usageOfKeyQuery), async (c) => {
    return respond(c, await readUsageOfKey(verbContext(c), c.req.valid("query")), 200);
  })
  .get("/usage/keys", query(usageOfKeysQuery), async (c) => {
    return respond(c, await readUsageOfKeys(verbContext(c), c.req.valid("query")), 200);
  })
  .get("/usage/sessions", query(usageSessionsQuery), async (c) => {
    return respond(c, await readUsageSessions(verbContext(c), c.req.valid("query")), 200);
  });
