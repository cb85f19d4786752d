/** `/admin/refusals`: the adapter from HTTP to the counters, and nothing else. */
import { Hono } from "hono/tiny";
import { type AdminEnv, respond, verbContext } from "../api/context.ts";
import { query } from "../api/validate.ts";
import { refusalsQuery } from "./schema.ts";
import { readRefusals } from "./verbs.ts";

export const refusalRoutes = new Hono<AdminEnv>().get("/", query(refusalsQuery), async (c) => {
  return respond(c, await readRefusals(verbContext(c), c.req.valid("query")), 200);
});
