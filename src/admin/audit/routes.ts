/** `/admin/audit`: adapters from HTTP to the audit trail, and nothing else. */
import { Hono } from "hono/tiny";
import { type AdminEnv, respond, verbContext } from "../api/context.ts";
import { query } from "../api/validate.ts";
import { listAuditQuery } from "./schema.ts";
import { listAudit } from "./verbs.ts";

export const auditRoutes = new Hono<AdminEnv>().get("/", query(listAuditQuery), async (c) => {
  return respond(c, await listAudit(verbContext(c), c.req.valid("query")), 200);
});
