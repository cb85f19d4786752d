/** `/admin/egress`: adapters from HTTP to the verbs, and nothing else. */
import { Hono } from "hono/tiny";
import { type AdminEnv, respond, verbContext } from "../api/context.ts";
import { readEgress } from "./verbs.ts";

export const egressRoutes = new Hono<AdminEnv>().get("/", async (c) =>
  respond(c, await readEgress(verbContext(c)), 200),
);
