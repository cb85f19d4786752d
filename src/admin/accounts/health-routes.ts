/** How accounts are doing, under `/admin/accounts`: adapters from HTTP to the verbs, and nothing else. */
import { Hono } from "hono";
import { type AdminEnv, respond, verbContext } from "../api/context.ts";
import { refuse } from "../api/refusal.ts";
import { body, bodyMayBeEmpty, query } from "../api/validate.ts";
import { listLimited, readAccountHealth, resetAccount } from "./health.ts";
import { prepareTest, testAccount } from "./test.ts";
import { testResponse } from "./test-events.ts";
import { testAccountBody, testAccountQuery } from "./test-schema.ts";

export const accountHealthRoutes = new Hono<AdminEnv>()
  .get("/limited", async (c) => respond(c, await listLimited(verbContext(c)), 200))
  .get("/:id/health", async (c) => {
    return respond(c, await readAccountHealth(verbContext(c), c.req.param("id")), 200);
  })
  .post("/:id/reset", async (c) => {
    return respond(c, await resetAccount(verbContext(c), c.req.param("id")), 200);
  })
  .post("/:id/test", query(testAccountQuery), bodyMayBeEmpty, body(testAccountBody), async (c) => {
    const { stream, key } = c.req.valid("query");
    const input = { ...c.req.valid("json"), key };
    const left = c.req.raw.signal;
    if (stream === "false") {
      return respond(c, await testAccount(verbContext(c), c.req.param("id"), input, left), 200);
    }
    const prepared = await prepareTest(verbContext(c), c.req.param("id"), input);
    if (!prepared.ok) return refuse(c, prepared.refusal);
    return testResponse(prepared.value, left, (work) => c.executionCtx.waitUntil(work));
  });
