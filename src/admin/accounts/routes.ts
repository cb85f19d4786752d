/** `/admin/accounts`: adapters from HTTP to the verbs, and nothing else. */
import { Hono } from "hono";
import { type AdminEnv, respond, verbContext } from "../api/context.ts";
import { body, query } from "../api/validate.ts";
import { createAccountBody, listAccountsQuery, updateAccountBody } from "./schema.ts";
import { createAccount, deleteAccount, listAccounts, readAccount, updateAccount } from "./verbs.ts";

export const accountRoutes = new Hono<AdminEnv>()
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
