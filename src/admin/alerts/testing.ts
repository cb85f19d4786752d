/** Sends a real message over a channel, saved or not, and returns the answer of its service. */
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Config } from "../../alerts/channels/channel.ts";
import { type ChannelType, channelOf } from "../../alerts/channels.ts";
import { testMessage } from "../../alerts/message.ts";
import { channelPlace } from "../../alerts/place.ts";
import { send } from "../../alerts/send.ts";
import { offsetOf, readAlertSettings } from "../../alerts/settings.ts";
import { alertChannels } from "../../alerts/tables.ts";
import { recordId } from "../../ground/record-id.ts";
import { tryOpen } from "../../vault/seal.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { conflict, invalid } from "../api/refusal.ts";
import { auditAct } from "../audit/record.ts";
import { NO_SUCH_CHANNEL } from "./channels.ts";
import { configOf } from "./config.ts";
import type { TestChannel, TestView } from "./schema.ts";

export async function testChannel(context: VerbContext, id: string): Promise<VerbResult<TestView>> {
  const { env } = context;
  const row = await drizzle(env.DB).select().from(alertChannels).where(eq(alertChannels.id, id)).get();
  if (!row) return NO_SUCH_CHANNEL;
  const opened = await tryOpen(row.sealed, channelPlace(id), env.ENCRYPTION_KEY);
  if (!opened.ok) return conflict("Its configuration does not open any more: enter it again");
  return tested(context, { id, name: row.name, type: row.type, config: JSON.parse(opened.plain) });
}

/** For a channel that is not saved. */
export async function testConfig(context: VerbContext, { type, config }: TestChannel): Promise<VerbResult<TestView>> {
  const read = configOf(context.env, type, config);
  if (!read.ok) return { ok: false, refusal: invalid(...read.refusal) };
  return tested(context, { id: "", name: type, type, config: read.value });
}

async function tested(
  context: VerbContext,
  { id, name, type, config }: { id: string; name: string; type: ChannelType; config: Config },
): Promise<VerbResult<TestView>> {
  const { env, now } = context;
  const { language } = await readAlertSettings(env);
  const message = testMessage(name, recordId("alr", now), { language, offsetHours: offsetOf(env) }, now);
  const outcome = await send(env, channelOf(type), config, message, now);
  await auditAct(context, { action: "alert-channel.test", target: id, detail: { type, sent: outcome.ok } });
  return { ok: true, value: { sent: outcome.ok, reason: outcome.ok ? null : outcome.why } };
}
