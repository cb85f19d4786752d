/** `/admin/templates`: adapters from HTTP to the verbs, and nothing else. */
import { Hono } from "hono/tiny";
import { type AdminEnv, respond, verbContext } from "../api/context.ts";
import { body, query } from "../api/validate.ts";
import { applyTemplateBody, createTemplateBody, listTemplatesQuery, updateTemplateBody } from "./schema.ts";
import { applyTemplate, createTemplate, deleteTemplate, listTemplates, readTemplate, updateTemplate } from "./verbs.ts";

export const templateRoutes = new Hono<AdminEnv>()
  .get("/", query(listTemplatesQuery), async (c) => {
    return respond(c, await listTemplates(verbContext(c), c.req.valid("query")), 200);
  })
  .post("/", body(createTemplateBody), async (c) => {
    return respond(c, await createTemplate(verbContext(c), c.req.valid("json")), 201);
  })
  .get("/:id", async (c) => {
    return respond(c, await readTemplate(verbContext(c), c.req.param("id")), 200);
  })
  .patch("/:id", body(updateTemplateBody), async (c) => {
    return respond(c, await updateTemplate(verbContext(c), c.req.param("id"), c.req.valid("json")), 200);
  })
  .delete("/:id", async (c) => {
    return respond(c, await deleteTemplate(verbContext(c), c.req.param("id")), 200);
  })
  .post("/:id/apply", body(applyTemplateBody), async (c) => {
    return respond(c, await applyTemplate(verbContext(c), c.req.param("id"), c.req.valid("json")), 200);
  });
