/** `/admin/health`. `/health` beside it is public and says only that the Worker runs. */
import { Hono } from "hono/tiny";
import { type AdminEnv, respond, verbContext } from "../api/context.ts";
import { readHealth } from "./verbs.ts";

export const healthRoutes = new Hono<AdminEnv>().get("/", async (c) =>
  respond(c, await readHealth(verbContext(c)), 200),
);
