/** Channels of alerts: creating, listing, changing, deleting. Their configuration is sealed like a credential, and never returned. */
import { asc, count, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { ALERT_TYPES } from "../../alerts/alert.ts";
import type { Config } from "../../alerts/channels/channel.ts";
import { channelPlace } from "../../alerts/place.ts";
import { alertChannels, alertOutbox } from "../../alerts/tables.ts";
import { copyChannels } from "../../alerts/without-d1.ts";
import { record } from "../../events.ts";
import { recordId } from "../../ground/record-id.ts";
import { seal } from "../../vault/seal.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import type { Page } from "../api/paging.ts";
import { conflict, invalid } from "../api/refusal.ts";
import { isoTime } from "../api/values.ts";
import { changesBetween } from "../audit/changes.ts";
import { auditChange } from "../audit/record.ts";
import { configOf, shownOf } from "./config.ts";
import { type ChannelView, type CreateChannel, MOST_CHANNELS, type UpdateChannel } from "./schema.ts";

type ChannelRow = typeof alertChannels.$inferSelect;

export const NO_SUCH_CHANNEL = {
  ok: false,
  refusal: { reason: "not_found", message: "There is no such channel" },
} as const;

const MAX_PER_HOUR = 30;

/** All of them, oldest first. */
export async function listChannels({ env }: VerbContext): Promise<VerbResult<Page<ChannelView>>> {
  const db = drizzle(env.DB);
  const [rows, waiting] = await db.batch([
    db.select().from(alertChannels).orderBy(asc(alertChannels.id)).limit(MOST_CHANNELS),
    db.select({ id: alertOutbox.channelId, count: count() }).from(alertOutbox).groupBy(alertOutbox.channelId),
  ]);
  const countOf = (id: string) => waiting.find((one) => one.id === id)?.count ?? 0;
  return { ok: true, value: { items: rows.map((row) => viewOf(row, countOf(row.id))), next_cursor: null } };
}

export async function readChannel({ env }: VerbContext, id: string): Promise<VerbResult<ChannelView>> {
  const db = drizzle(env.DB);
  const row = await db.select().from(alertChannels).where(eq(alertChannels.id, id)).get();
  if (!row) return NO_SUCH_CHANNEL;
  const waiting = await db.select({ all: count() }).from(alertOutbox).where(eq(alertOutbox.channelId, id)).get();
  return { ok: true, value: viewOf(row, waiting?.all ?? 0) };
}

export async function createChannel(context: VerbContext, input: CreateChannel): Promise<VerbResult<ChannelView>> {
  const { env, now } = context;
  const { name, type, enabled = true, alerts = [...ALERT_TYPES], recoveries = true } = input;
  const config = configOf(env, type, input.config);
  if (!config.ok) return { ok: false, refusal: invalid(...config.refusal) };
  const db = drizzle(env.DB);
  const existing = await db.select({ all: count() }).from(alertChannels).get();
  if ((existing?.all ?? 0) >= MOST_CHANNELS) return conflict(`There are ${MOST_CHANNELS} channels, and no more fit`);
  const id = recordId("alc", now);
  const row: ChannelRow = {
    ...{ id, name, type, enabled, alerts, recoveries, maxPerHour: input.max_per_hour ?? MAX_PER_HOUR },
    ...(await sealed(env, id, type, config.value)),
    ...{ windowStartedAt: 0, windowSent: 0, retryAt: 0, lastOkAt: null, lastErrorAt: null, lastError: "" },
    ...{ createdAt: now, updatedAt: now },
  };
  const view = viewOf(row, 0);
  await db.batch([
    db.insert(alertChannels).values(row),
    auditChange(context, {
      action: "alert-channel.create",
      target: id,
      detail: { name, type },
      changes: changesBetween(null, toldOf(view), {}),
    }),
  ]);
  await copyQuietly(env);
  return { ok: true, value: view };
}

/** Changes the given fields. A new configuration also ends the pauses that were due to refusals of the old one. */
export async function updateChannel(
  context: VerbContext,
  id: string,
  input: UpdateChannel,
): Promise<VerbResult<ChannelView>> {
  const { env, now } = context;
  const db = drizzle(env.DB);
  const row = await db.select().from(alertChannels).where(eq(alertChannels.id, id)).get();
  if (!row) return NO_SUCH_CHANNEL;
  const config = input.config && configOf(env, row.type, input.config);
  if (config && !config.ok) return { ok: false, refusal: invalid(...config.refusal) };
  const next: ChannelRow = {
    ...row,
    ...{ name: input.name ?? row.name, enabled: input.enabled ?? row.enabled, alerts: input.alerts ?? row.alerts },
    ...{ recoveries: input.recoveries ?? row.recoveries, maxPerHour: input.max_per_hour ?? row.maxPerHour },
    ...(config && { ...(await sealed(env, id, row.type, config.value)), retryAt: 0, lastErrorAt: null, lastError: "" }),
    updatedAt: now,
  };
  const [before, after] = [viewOf(row, 0), viewOf(next, 0)];
  const { id: _, createdAt, windowStartedAt, windowSent, lastOkAt, ...changed } = next;
  const [written] = await db.batch([
    db.update(alertChannels).set(changed).where(eq(alertChannels.id, id)).returning({ id: alertChannels.id }),
    auditChange(context, {
      action: "alert-channel.update",
      target: id,
      detail: { name: row.name, fields: Object.keys(input) },
      changes: changesBetween(toldOf(before), toldOf(after), {}),
    }),
  ]);
  if (written.length === 0) return NO_SUCH_CHANNEL;
  await copyQuietly(env);
  return readChannel(context, id);
}

/** The alerts that wait for it are deleted too. */
export async function deleteChannel(
  context: VerbContext,
  id: string,
): Promise<VerbResult<{ id: string; deleted: true }>> {
  const { env } = context;
  const db = drizzle(env.DB);
  const row = await db.select().from(alertChannels).where(eq(alertChannels.id, id)).get();
  if (!row) return NO_SUCH_CHANNEL;
  await db.batch([
    db.delete(alertChannels).where(eq(alertChannels.id, id)),
    auditChange(context, {
      action: "alert-channel.delete",
      target: id,
      detail: { name: row.name, type: row.type },
      changes: changesBetween(toldOf(viewOf(row, 0)), null, {}),
    }),
    db.delete(alertOutbox).where(eq(alertOutbox.channelId, id)),
  ]);
  await copyQuietly(env);
  return { ok: true, value: { id, deleted: true } };
}

async function sealed(env: Env, id: string, type: ChannelRow["type"], config: Config) {
  const text = await seal(JSON.stringify(config), channelPlace(id), env.ENCRYPTION_KEY);
  return { sealed: text, shown: shownOf(type, config) };
}

/** If KV does not accept it now, the cron copies it later. */
async function copyQuietly(env: Env): Promise<void> {
  await copyChannels(env).catch((error: unknown) => record({ event: "alert_not_kept", alert: "channels", error }));
}

/** What the answer to a change tells: not what the relay has found out. */
function toldOf({ waiting, last_sent_at, last_error, ...told }: ChannelView): object {
  return told;
}

function viewOf(row: ChannelRow, waiting: number): ChannelView {
  const { id, name, type, enabled, alerts, recoveries, shown } = row;
  return {
    ...{ id, name, type, enabled, alerts, recoveries, max_per_hour: row.maxPerHour, shown, waiting },
    last_sent_at: row.lastOkAt === null ? null : isoTime(row.lastOkAt),
    last_error: row.lastErrorAt === null ? null : { time: isoTime(row.lastErrorAt), reason: row.lastError },
    created_at: isoTime(row.createdAt),
    updated_at: isoTime(row.updatedAt),
  };
}
