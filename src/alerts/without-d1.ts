/**
 * The one alert that D1 cannot hold: that D1 accepts no writes. The channels are read from a copy in KV, and a mark in KV says that the
 * alert was told. Only the cron calls this, one run after the other, because KV has no compare-and-set. When D1 is back, what was told
 * is written to it.
 */
import { HOUR_MS } from "../ground/durations.ts";
import { recordId } from "../ground/record-id.ts";
import { open } from "../vault/seal.ts";
import { type ChannelType, channelOf } from "./channels.ts";
import { messageOf } from "./message.ts";
import { end } from "./outbox.ts";
import { channelPlace } from "./place.ts";
import { send } from "./send.ts";
import { type AlertSettings, offsetOf, readAlertSettings } from "./settings.ts";
import type { Delivery } from "./tables.ts";

const COPY = "alerts/channels";
const MARK = "alerts/d1-unwritable";
const TYPE = "storage_unwritable";
const SUBJECT = "d1";

interface Copy {
  settings: AlertSettings;
  /** The channels that want this type. */
  channels: { id: string; type: ChannelType; sealed: string }[];
}

interface Mark {
  id: string;
  since: number;
  toldAt: number;
  deliveries: Record<string, Delivery>;
}

/** Copies the channels to KV if the copy differs. */
export async function copyChannels(env: Env): Promise<void> {
  const { results: channels } = await env.DB.prepare(
    `SELECT id, type, sealed FROM alert_channels
     WHERE enabled AND EXISTS (SELECT 1 FROM json_each(alerts) WHERE value = ?1) ORDER BY id`,
  )
    .bind(TYPE)
    .all<Copy["channels"][number]>();
  const stored = await env.KV.get(COPY);
  if (channels.length === 0) {
    if (stored !== null) await env.KV.delete(COPY);
    return;
  }
  const text = JSON.stringify({ settings: await readAlertSettings(env), channels } satisfies Copy);
  if (text !== stored) await env.KV.put(COPY, text);
}

/** Tells that D1 accepts no writes: once, and again as often as lasting conditions are repeated. */
export async function tellUnwritable(env: Env, now: number): Promise<void> {
  const [mark, copy] = await Promise.all([env.KV.get<Mark>(MARK, "json"), env.KV.get<Copy>(COPY, "json")]);
  if (!copy) return;
  const { remindHours } = copy.settings;
  if (mark && (remindHours === null || now < mark.toldAt + remindHours * HOUR_MS)) return;
  const since = mark?.since ?? now;
  const id = mark?.id ?? recordId("alr", now);
  // The mark is written first: to tell it every five minutes would be worse than not to tell it.
  const told: Mark = { id, since, toldAt: now, deliveries: mark?.deliveries ?? {} };
  await env.KV.put(MARK, JSON.stringify(told));
  const params = { since: new Date(since).toISOString() };
  const alert = { id, time: now, type: TYPE, subject: SUBJECT, phase: mark ? "again" : "raised", params } as const;
  const message = messageOf(alert, { language: copy.settings.language, offsetHours: offsetOf(env) });
  const sent = await Promise.all(
    copy.channels.map(async ({ id: channel, type, sealed }): Promise<[string, Delivery]> => {
      const config: unknown = await open(sealed, channelPlace(channel), env.ENCRYPTION_KEY).then(
        JSON.parse,
        () => null,
      );
      const outcome = await send(env, channelOf(type), (config ?? {}) as Record<string, string>, message, now);
      return [
        channel,
        { state: outcome.ok ? "sent" : "failed", at: now, attempts: 1, why: outcome.ok ? "" : outcome.why },
      ];
    }),
  );
  await env.KV.put(MARK, JSON.stringify({ ...told, deliveries: Object.fromEntries(sent) }));
}

/**
 * D1 is back. What was told without it is written to it, and the channels are told that it is over. That happens once, however long KV
 * keeps the mark, because from then on D1 has what was told. Returns whether there was anything.
 */
export async function tellWritable(env: Env, now: number): Promise<boolean> {
  const mark = await env.KV.get<Mark>(MARK, "json");
  if (!mark) return false;
  const params = JSON.stringify({ since: new Date(mark.since).toISOString() });
  await env.DB.batch([
    env.DB.prepare(
      "INSERT OR IGNORE INTO alerts (id, type, subject, phase, params, deliveries) VALUES (?1, ?2, ?3, 'raised', ?4, ?5)",
    ).bind(mark.id, TYPE, SUBJECT, params, JSON.stringify(mark.deliveries)),
    env.DB.prepare(
      `INSERT OR IGNORE INTO alert_episodes (type, subject, opened_at, notified_at, params)
       SELECT ?1, ?2, ?3, ?3, ?4 WHERE changes() > 0`,
    ).bind(TYPE, SUBJECT, mark.since, params),
  ]);
  await end(env, TYPE, SUBJECT, now);
  await env.KV.delete(MARK);
  return true;
}
