/** `/admin/usage`: the adapter from HTTP to the sums, and nothing else. */
import { Hono } from "hono";
import { type AdminEnv, respond, verbContext } from "../context.ts";
import { usageQuery } from "../schemas/usage.ts";
import { query } from "../validate.ts";
import { readUsage } from "../verbs/usage.ts";

export const usageRoutes = new Hono<AdminEnv>().get("/", query(usageQuery), async (c) => {
  return respond(c, await readUsage(verbContext(c), c.req.valid("query")), 200);
});
