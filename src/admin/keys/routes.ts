/** `/admin/api-keys`: adapters from HTTP to the verbs, and nothing else. */
import { Hono } from "hono/tiny";
import { type AdminEnv, respond, verbContext } from "../api/context.ts";
import { body, query } from "../api/validate.ts";
import { importApiKeysBody } from "./import-schema.ts";
import { importApiKeys, readImportState } from "./importing.ts";
import { readLive } from "./live.ts";
import { listApiKeys, readApiKey, revealApiKey } from "./read.ts";
import {
  createApiKeyBody,
  createApiKeysBody,
  deleteApiKeysBody,
  extendApiKeyBody,
  listApiKeysQuery,
  readApiKeyQuery,
  updateApiKeyBody,
  updateApiKeysBody,
} from "./schema.ts";
import {
  createApiKey,
  createApiKeys,
  deleteApiKey,
  deleteApiKeys,
  extendApiKey,
  restoreApiKey,
  updateApiKey,
  updateApiKeys,
} from "./verbs.ts";

export const apiKeyRoutes = new Hono<AdminEnv>()
  .get("/", query(listApiKeysQuery), async (c) => {
    return respond(c, await listApiKeys(verbContext(c), c.req.valid("query")), 200);
  })
  .post("/", body(createApiKeyBody), async (c) => {
    return respond(c, await createApiKey(verbContext(c), c.req.valid("json")), 201);
  })
  .post("/bulk", body(createApiKeysBody), async (c) => {
    return respond(c, await createApiKeys(verbContext(c), c.req.valid("json")), 201);
  })
  .patch("/bulk", body(updateApiKeysBody), async (c) => {
    return respond(c, await updateApiKeys(verbContext(c), c.req.valid("json")), 200);
  })
  .get("/import", async (c) => respond(c, await readImportState(verbContext(c)), 200))
  .post("/import", body(importApiKeysBody), async (c) => {
    return respond(c, await importApiKeys(verbContext(c), c.req.valid("json")), 200);
  })
  .post("/bulk-delete", body(deleteApiKeysBody), async (c) => {
    return respond(c, await deleteApiKeys(verbContext(c), c.req.valid("json")), 200);
  })
  .get("/:id", query(readApiKeyQuery), async (c) => {
    const id = c.req.param("id");
    if (c.req.valid("query").reveal === "1") return respond(c, await revealApiKey(verbContext(c), id), 200);
    return respond(c, await readApiKey(verbContext(c), id), 200);
  })
  .patch("/:id", body(updateApiKeyBody), async (c) => {
    return respond(c, await updateApiKey(verbContext(c), c.req.param("id"), c.req.valid("json")), 200);
  })
  .delete("/:id", async (c) => {
    return respond(c, await deleteApiKey(verbContext(c), c.req.param("id")), 200);
  })
  .post("/:id/restore", async (c) => {
    return respond(c, await restoreApiKey(verbContext(c), c.req.param("id")), 200);
  })
  .post("/:id/extend", body(extendApiKeyBody), async (c) => {
    return respond(c, await extendApiKey(verbContext(c), c.req.param("id"), c.req.valid("json")), 200);
  })
  .get("/:id/live", async (c) => {
    return respond(c, await readLive(verbContext(c), c.req.param("id")), 200);
  });
