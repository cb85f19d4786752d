/** `/admin/requests` and `/admin/requests.csv`: adapters from HTTP to the request log, and nothing else. */
import { Hono } from "hono/tiny";
import { type AdminEnv, respond, verbContext } from "../api/context.ts";
import { query } from "../api/validate.ts";
import { exportRequests } from "./csv.ts";
import { readInFlight } from "./in-flight.ts";
import { exportRequestsQuery, inFlightQuery, listRequestsQuery } from "./schema.ts";
import { listRequests, readRequest } from "./verbs.ts";

export const requestRoutes = new Hono<AdminEnv>()
  .get("/requests", query(listRequestsQuery), async (c) => {
    return respond(c, await listRequests(verbContext(c), c.req.valid("query")), 200);
  })
  // Registered before `/:id`, which would take it for a request's id.
  .get("/requests/in-flight", query(inFlightQuery), async (c) => {
    return respond(c, await readInFlight(verbContext(c), c.req.valid("query")), 200);
  })
  .get("/requests/:id", async (c) => {
    return respond(c, await readRequest(verbContext(c), c.req.param("id")), 200);
  })
  .get("/requests.csv", query(exportRequestsQuery), async (c) => {
    const { body, nextCursor } = await exportRequests(verbContext(c), c.req.valid("query"));
    return c.body(body, 200, {
      "content-type": "text/csv; charset=utf-8; header=present",
      "content-disposition": 'attachment; filename="requests.csv"',
      ...(nextCursor && { "x-next-cursor": nextCursor }),
    });
  });
