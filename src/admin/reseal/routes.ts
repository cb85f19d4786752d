/** `/admin/reseal`: adapters from HTTP to the verbs, and nothing else. */
import { Hono } from "hono/tiny";
import { type AdminEnv, respond, verbContext } from "../api/context.ts";
import { body, bodyMayBeEmpty, query } from "../api/validate.ts";
import { resealBody, sealsQuery } from "./schema.ts";
import { readSeals, resealStep } from "./verbs.ts";

export const resealRoutes = new Hono<AdminEnv>()
  .get("/", query(sealsQuery), async (c) => respond(c, await readSeals(verbContext(c), c.req.valid("query")), 200))
  .post("/", bodyMayBeEmpty, body(resealBody), async (c) => {
    return respond(c, await resealStep(verbContext(c), c.req.valid("json")), 200);
  });
