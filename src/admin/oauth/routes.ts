/** `/admin/oauth`: adapters from HTTP to the verbs, and nothing else. */
import { Hono } from "hono/tiny";
import { type AdminEnv, respond, verbContext } from "../api/context.ts";
import { body, bodyMayBeEmpty, param } from "../api/validate.ts";
import { finishBody, flowParam, startBody } from "./schema.ts";
import { finishSignIn, startSignIn } from "./verbs.ts";

export const oauthRoutes = new Hono<AdminEnv>()
  .post("/:flow/start", param(flowParam), bodyMayBeEmpty, body(startBody), async (c) => {
    return respond(c, await startSignIn(verbContext(c), c.req.valid("param").flow), 200);
  })
  .post("/:flow/finish", param(flowParam), body(finishBody), async (c) => {
    return respond(c, await finishSignIn(verbContext(c), c.req.valid("param").flow, c.req.valid("json")), 200);
  });
