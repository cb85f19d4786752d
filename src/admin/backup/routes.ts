/** `/admin/backup`: adapters from HTTP to the verbs, and nothing else. */
import type { TypedResponse } from "hono";
import { Hono } from "hono/tiny";
import { type AdminEnv, respond, verbContext } from "../api/context.ts";
import { refuse } from "../api/refusal.ts";
import { body } from "../api/validate.ts";
import { type PageView, pageBody, permitBody, rowsBody } from "./schema.ts";
import { readTotals } from "./totals.ts";
import { givePermit, readBackupPage, restoreRows } from "./verbs.ts";

export const backupRoutes = new Hono<AdminEnv>()
  .post("/permits", body(permitBody), async (c) => {
    return respond(c, await givePermit(verbContext(c), c.req.valid("json")), 201);
  })
  .post("/pages", body(pageBody), async (c) => {
    const read = await readBackupPage(verbContext(c), c.req.valid("json"));
    if (!read.ok) return refuse(c, read.refusal);
    // SQLite has already written the JSON, so it is passed on without parsing.
    const answer = c.body(read.value, 200, { "content-type": "application/json" });
    return answer as unknown as Response & TypedResponse<PageView, 200, "json">;
  })
  .post("/rows", body(rowsBody), async (c) => {
    return respond(c, await restoreRows(verbContext(c), c.req.valid("json")), 200);
  })
  .get("/totals", async (c) => respond(c, await readTotals(verbContext(c)), 200));
