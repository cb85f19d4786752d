/** `/admin/audit`: adapters from HTTP to the audit trail, and nothing else. */
import { Hono } from "hono";
import { type AdminEnv, respond, verbContext } from "../context.ts";
import { listAuditQuery } from "../schemas/audit.ts";
import { query } from "../validate.ts";
import { listAudit } from "../verbs/audit.ts";

export const auditRoutes = new Hono<AdminEnv>().get("/", query(listAuditQuery), async (c) => {
  return respond(c, await listAudit(verbContext(c), c.req.valid("query")), 200);
});
