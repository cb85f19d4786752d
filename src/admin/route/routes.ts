/** `/admin/route`: the adapter from HTTP to the question which account would serve a request. */
import { Hono } from "hono/tiny";
import { type AdminEnv, respond, verbContext } from "../api/context.ts";
import { query } from "../api/validate.ts";
import { routeQuery } from "./schema.ts";
import { readRoute } from "./verbs.ts";

export const whoServesRoutes = new Hono<AdminEnv>().get("/", query(routeQuery), async (c) => {
  return respond(c, await readRoute(verbContext(c), c.req.valid("query")), 200);
});
