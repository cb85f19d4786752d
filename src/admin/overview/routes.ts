/** `/admin/overview`: the adapter from HTTP to the first page's figures, and nothing else. */
import { Hono } from "hono/tiny";
import { type AdminEnv, respond, verbContext } from "../api/context.ts";
import { query } from "../api/validate.ts";
import { overviewQuery } from "./schema.ts";
import { readOverview } from "./verbs.ts";

export const overviewRoutes = new Hono<AdminEnv>().get("/", query(overviewQuery), async (c) => {
  return respond(c, await readOverview(verbContext(c), c.req.valid("query")), 200);
});
