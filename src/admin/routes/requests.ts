/** `/admin/requests`: the adapter from HTTP to the request log, and nothing else. */
import { Hono } from "hono";
import { type AdminEnv, respond, verbContext } from "../context.ts";
import { listRequestsQuery } from "../schemas/requests.ts";
import { query } from "../validate.ts";
import { listRequests } from "../verbs/requests.ts";

export const requestRoutes = new Hono<AdminEnv>().get("/", query(listRequestsQuery), async (c) => {
  return respond(c, await listRequests(verbContext(c), c.req.valid("query")), 200);
});
