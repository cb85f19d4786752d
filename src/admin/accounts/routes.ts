/** `/admin/accounts`: adapters from HTTP to the verbs, and nothing else. */
import { Hono } from "hono/tiny";
import { type AdminEnv, respond, verbContext } from "../api/context.ts";
import { refuse } from "../api/refusal.ts";
import { body, bodyMayBeEmpty, query } from "../api/validate.ts";
import { changeAccounts } from "./bulk.ts";
import { prepareCheck, prepareUnsavedCheck, wholeCheck } from "./check.ts";
import { checkResponse } from "./check-events.ts";
import { listLimited, readAccountHealth, resetAccount } from "./health.ts";
import { listModels, listUnsavedModels } from "./models.ts";
import {
  bulkAccountsBody,
  checkAccountBody,
  checkAccountQuery,
  checkUnsavedBody,
  checkUnsavedQuery,
  createAccountBody,
  listAccountsQuery,
  unsavedAccountBody,
  updateAccountBody,
} from "./schema.ts";
import { createAccount, deleteAccount, listAccounts, readAccount, updateAccount } from "./verbs.ts";

export const accountRoutes = new Hono<AdminEnv>()
  // Registered before `/:id`, which would take it for an account's id.
  .get("/limited", async (c) => respond(c, await listLimited(verbContext(c)), 200))
  .post("/bulk", body(bulkAccountsBody), async (c) => {
    return respond(c, await changeAccounts(verbContext(c), c.req.valid("json")), 200);
  })
  .get("/:id/health", async (c) => {
    return respond(c, await readAccountHealth(verbContext(c), c.req.param("id")), 200);
  })
  .post("/test", query(checkUnsavedQuery), body(checkUnsavedBody), async (c) => {
    const left = c.req.raw.signal;
    const prepared = await prepareUnsavedCheck(verbContext(c), c.req.valid("json"));
    if (!prepared.ok) return refuse(c, prepared.refusal);
    if (c.req.valid("query").stream === "false") return respond(c, await wholeCheck(null, prepared.value, left), 200);
    return checkResponse(prepared.value, left, (work) => c.executionCtx.waitUntil(work));
  })
  .post("/models", body(unsavedAccountBody), async (c) => {
    return respond(c, await listUnsavedModels(verbContext(c), c.req.valid("json")), 200);
  })
  .get("/:id/models", async (c) => respond(c, await listModels(verbContext(c), c.req.param("id")), 200))
  .post("/:id/reset", async (c) => {
    return respond(c, await resetAccount(verbContext(c), c.req.param("id")), 200);
  })
  .post("/:id/test", query(checkAccountQuery), bodyMayBeEmpty, body(checkAccountBody), async (c) => {
    const { stream, key } = c.req.valid("query");
    const input = { ...c.req.valid("json"), key };
    const left = c.req.raw.signal;
    const prepared = await prepareCheck(verbContext(c), c.req.param("id"), input);
    if (!prepared.ok) return refuse(c, prepared.refusal);
    if (stream === "false") return respond(c, await wholeCheck(c.req.param("id"), prepared.value, left), 200);
    return checkResponse(prepared.value, left, (work) => c.executionCtx.waitUntil(work));
  })
  .get("/", query(listAccountsQuery), async (c) => {
    return respond(c, await listAccounts(verbContext(c), c.req.valid("query")), 200);
  })
  .post("/", body(createAccountBody), async (c) => {
    return respond(c, await createAccount(verbContext(c), c.req.valid("json")), 201);
  })
  .get("/:id", async (c) => {
    return respond(c, await readAccount(verbContext(c), c.req.param("id")), 200);
  })
  .patch("/:id", body(updateAccountBody), async (c) => {
    return respond(c, await updateAccount(verbContext(c), c.req.param("id"), c.req.valid("json")), 200);
  })
  .delete("/:id", async (c) => {
    return respond(c, await deleteAccount(verbContext(c), c.req.param("id")), 200);
  });
