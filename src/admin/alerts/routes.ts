/** `/admin/alerts`: adapters from HTTP to the verbs, and nothing else. */
import { Hono } from "hono/tiny";
import { ALERT_TYPES, ALERTS } from "../../alerts/alert.ts";
import { CHANNEL_TYPES, channelOf } from "../../alerts/channels.ts";
import { type AdminEnv, respond, verbContext } from "../api/context.ts";
import { body, query } from "../api/validate.ts";
import { createChannel, deleteChannel, listChannels, readChannel, updateChannel } from "./channels.ts";
import { listAlerts } from "./recent.ts";
import {
  type AlertMetaView,
  alertSettingsBody,
  createChannelBody,
  listAlertsQuery,
  testBody,
  updateChannelBody,
} from "./schema.ts";
import { readSettingsOfAlerts, updateSettingsOfAlerts } from "./settings.ts";
import { testChannel, testConfig } from "./testing.ts";

/** The possible choices, for forms. */
function metaOf(env: Env): AlertMetaView {
  return {
    types: ALERT_TYPES.map((type) => ({ type, level: ALERTS[type].level, recovers: ALERTS[type].recovers })),
    channels: CHANNEL_TYPES.map((type) => ({
      type,
      fields: channelOf(type).fields.map(({ name, kind, secret, optional = false, preset = null }) => {
        return { name, kind, secret, optional, preset };
      }),
    })),
    email_bound: Reflect.get(env, "ALERT_EMAIL") !== undefined,
  };
}

export const alertRoutes = new Hono<AdminEnv>()
  .get("/", query(listAlertsQuery), async (c) => {
    return respond(c, await listAlerts(verbContext(c), c.req.valid("query")), 200);
  })
  .get("/meta", (c) => respond(c, { ok: true, value: metaOf(c.env) }, 200))
  .get("/settings", async (c) => respond(c, await readSettingsOfAlerts(verbContext(c)), 200))
  .patch("/settings", body(alertSettingsBody), async (c) => {
    return respond(c, await updateSettingsOfAlerts(verbContext(c), c.req.valid("json")), 200);
  })
  .post("/test", body(testBody), async (c) => {
    return respond(c, await testConfig(verbContext(c), c.req.valid("json")), 200);
  })
  .get("/channels", async (c) => respond(c, await listChannels(verbContext(c)), 200))
  .post("/channels", body(createChannelBody), async (c) => {
    return respond(c, await createChannel(verbContext(c), c.req.valid("json")), 201);
  })
  .get("/channels/:id", async (c) => respond(c, await readChannel(verbContext(c), c.req.param("id")), 200))
  .patch("/channels/:id", body(updateChannelBody), async (c) => {
    return respond(c, await updateChannel(verbContext(c), c.req.param("id"), c.req.valid("json")), 200);
  })
  .delete("/channels/:id", async (c) => respond(c, await deleteChannel(verbContext(c), c.req.param("id")), 200))
  .post("/channels/:id/test", async (c) => respond(c, await testChannel(verbContext(c), c.req.param("id")), 200));
