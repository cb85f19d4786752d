/** `/admin/aliases`: adapters from HTTP to the verbs, and nothing else. */
import { Hono } from "hono/tiny";
import { type AdminEnv, respond, verbContext } from "../api/context.ts";
import { body, query } from "../api/validate.ts";
import { createAliasBody, listAliasesQuery, updateAliasBody } from "./schema.ts";
import { createAlias, deleteAlias, listAliases, readAlias, updateAlias } from "./verbs.ts";

export const aliasRoutes = new Hono<AdminEnv>()
  .get("/", query(listAliasesQuery), async (c) => {
    return respond(c, await listAliases(verbContext(c), c.req.valid("query")), 200);
  })
  .post("/", body(createAliasBody), async (c) => {
    return respond(c, await createAlias(verbContext(c), c.req.valid("json")), 201);
  })
  .get("/:id", async (c) => {
    return respond(c, await readAlias(verbContext(c), c.req.param("id")), 200);
  })
  .patch("/:id", body(updateAliasBody), async (c) => {
    return respond(c, await updateAlias(verbContext(c), c.req.param("id"), c.req.valid("json")), 200);
  })
  .delete("/:id", async (c) => {
    return respond(c, await deleteAlias(verbContext(c), c.req.param("id")), 200);
  });
