/** `/admin/groups`: adapters from HTTP to the verbs, and nothing else. */
import { Hono } from "hono/tiny";
import { type AdminEnv, respond, verbContext } from "../api/context.ts";
import { body, query } from "../api/validate.ts";
import { createGroupBody, groupMembersBody, listGroupsQuery, updateGroupBody } from "./schema.ts";
import { createGroup, deleteGroup, listGroups, readGroup, updateGroup } from "./verbs.ts";

export const groupRoutes = new Hono<AdminEnv>()
  .get("/", query(listGroupsQuery), async (c) => {
    return respond(c, await listGroups(verbContext(c), c.req.valid("query")), 200);
  })
  .post("/", body(createGroupBody), async (c) => {
    return respond(c, await createGroup(verbContext(c), c.req.valid("json")), 201);
  })
  .get("/:id", async (c) => {
    return respond(c, await readGroup(verbContext(c), c.req.param("id")), 200);
  })
  .patch("/:id", body(updateGroupBody), async (c) => {
    return respond(c, await updateGroup(verbContext(c), c.req.param("id"), c.req.valid("json")), 200);
  })
  .put("/:id/members", body(groupMembersBody), async (c) => {
    return respond(c, await updateGroup(verbContext(c), c.req.param("id"), c.req.valid("json")), 200);
  })
  .delete("/:id", async (c) => {
    return respond(c, await deleteGroup(verbContext(c), c.req.param("id")), 200);
  });
