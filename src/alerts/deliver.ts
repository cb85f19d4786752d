/**
 * Sends what waits. Whoever has written it calls this at once, and the cron every five minutes. A row is claimed before it is
 * sent, so that of two who try one does; a claim that nobody reports on is over after two minutes, and the row is sent once more,
 * with a word that it may be a repetition.
 */
import { record } from "../events.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../ground/durations.ts";
import { open } from "../vault/seal.ts";
import { ALERT_TYPES, ALERTS, type Alert, type AlertType, type Phase } from "./alert.ts";
import { type ChannelType, channelOf } from "./channels.ts";
import { messageOf } from "./message.ts";
import { channelPlace } from "./place.ts";
import { isQuiet } from "./quiet-hours.ts";
import { type Sent, send } from "./send.ts";
import { type AlertSettings, offsetOf, readAlertSettings } from "./settings.ts";
import type { Delivery } from "./tables.ts";

/** A free invocation may ask 50 times elsewhere, D1 among them: each is two questions and a request. */
const PER_RUN = 12;
const MOST_ATTEMPTS = 8;
const RETRY_FIRST_MS = MINUTE_MS;
const RETRY_MAX_MS = 2 * HOUR_MS;
/** A claim outlives the patience with which a request is waited for. */
const CLAIM_MS = 2 * MINUTE_MS;
/** What could not be sent for a day is no news any more. */
const NEWS_FOR_MS = DAY_MS;

const URGENT = ALERT_TYPES.filter((type) => ALERTS[type].level === "urgent");

interface Waiting {
  alertId: string;
  channelId: string;
  attempts: number;
  sending: number;
  unclear: number;
  nextAt: number;
  type: AlertType;
  subject: string;
  phase: Phase;
  params: string;
  channelType: ChannelType;
  sealed: string;
  /** How many more it may be sent in this hour. */
  room: number;
}

/** Answers how many were sent. `now` in milliseconds since the epoch. Throws where D1 does not answer. */
export async function deliver(env: Env, now: number): Promise<number> {
  // Nearly always there is nothing, and one row says so.
  if (!(await env.DB.prepare("SELECT 1 FROM alert_outbox LIMIT 1").first())) return 0;
  const settings = await readAlertSettings(env);
  await expire(env, now);
  const queues = Map.groupBy(await waiting(env, settings, now), ({ channelId }) => channelId);
  const sent = await Promise.all([...queues.values()].map((queue) => sendInTurn(env, settings, queue, now)));
  return sent.reduce((sum, count) => sum + count, 0);
}

/** What may be sent now: urgent first, then by age. */
async function waiting(env: Env, settings: AlertSettings, now: number): Promise<Waiting[]> {
  const clock = { now, offsetHours: offsetOf(env) };
  const quiet = isQuiet(settings.quietHours, clock);
  if (quiet && !settings.urgentPasses) return [];
  const urgent = `alerts.type IN (${URGENT.map((type) => `'${type}'`).join(", ")})`;
  const { results } = await env.DB.prepare(
    `SELECT alert_id AS alertId, channel_id AS channelId, attempts, sending, unclear, next_at AS nextAt, alerts.type, subject, phase,
       params, alert_channels.type AS channelType, sealed,
       max_per_hour - iif(window_started_at > ?2, window_sent, 0) AS room
     FROM alert_outbox JOIN alerts ON alerts.id = alert_id JOIN alert_channels ON alert_channels.id = channel_id
     WHERE next_at <= ?1 AND enabled AND retry_at <= ?1 AND room > 0 ${quiet ? `AND ${urgent}` : ""}
     ORDER BY ${urgent} DESC, alert_id LIMIT ${PER_RUN}`,
  )
    .bind(now, now - HOUR_MS)
    .all<Waiting>();
  return results;
}

/** One channel's, one after the other: what it says of one holds for the next. */
async function sendInTurn(env: Env, settings: AlertSettings, queue: readonly Waiting[], now: number): Promise<number> {
  let sent = 0;
  for (const row of queue.slice(0, Math.max(0, queue[0]?.room ?? 0))) {
    const outcome = await sendOne(env, settings, row, now);
    if (outcome === "sent") sent++;
    if (outcome === "later") break;
  }
  return sent;
}

async function sendOne(
  env: Env,
  settings: AlertSettings,
  row: Waiting,
  now: number,
): Promise<"sent" | "not" | "later"> {
  // The one before has died between its claim and its report.
  const unclear = row.unclear + (row.sending ? 1 : 0);
  if (unclear > 1) {
    await finish(env, row, {
      state: "unclear",
      at: now,
      attempts: row.attempts,
      why: "two tries were never reported on",
    });
    return "not";
  }
  if (!(await claim(env, row, unclear, now))) return "not";
  const attempt = row.attempts + 1;
  const outcome = await attemptOne(env, settings, row, { attempt, unclear: unclear > 0 }, now);
  if (outcome.ok) {
    await finish(env, row, { state: "sent", at: now, attempts: attempt, why: "" });
    return "sent";
  }
  record({ event: "alert_not_delivered", alert: row.alertId, channel: row.channelId, attempt, why: outcome.why });
  if (!outcome.again || attempt >= MOST_ATTEMPTS) {
    await finish(env, row, { state: "failed", at: now, attempts: attempt, why: outcome.why });
    return outcome.again ? "later" : "not";
  }
  await postpone(env, row, outcome, attempt, now);
  return "later";
}

async function attemptOne(
  env: Env,
  settings: AlertSettings,
  row: Waiting,
  tried: { attempt: number; unclear: boolean },
  now: number,
): Promise<Sent> {
  let config: Record<string, string>;
  try {
    config = JSON.parse(await open(row.sealed, channelPlace(row.channelId), env.ENCRYPTION_KEY));
  } catch {
    return {
      ok: false,
      again: false,
      afterMs: null,
      unclear: false,
      why: "its configuration does not open: enter it again",
    };
  }
  const message = messageOf(alertOf(row), { language: settings.language, offsetHours: offsetOf(env) }, tried);
  return send(env, channelOf(row.channelType), config, message, now);
}

/** What was written by `raise` has its type's own params. */
function alertOf({ alertId: id, type, subject, phase, params }: Waiting): Alert {
  // The id begins with the time (ground/record-id.ts).
  const time = Number.parseInt(id.slice(4, 16), 16);
  return { id, time, type, subject, phase, params: JSON.parse(params) } as Alert;
}

/** Takes the row for this try, and one of the channel's places in this hour; false: somebody else has. */
async function claim({ DB }: Env, row: Waiting, unclear: number, now: number): Promise<boolean> {
  const [claimed] = await DB.batch([
    DB.prepare(
      `UPDATE alert_outbox SET attempts = attempts + 1, sending = 1, unclear = ?5, next_at = ?6
       WHERE alert_id = ?1 AND channel_id = ?2 AND attempts = ?3 AND next_at = ?4`,
    ).bind(row.alertId, row.channelId, row.attempts, row.nextAt, unclear, now + CLAIM_MS),
    DB.prepare(
      `UPDATE alert_channels SET window_sent = iif(window_started_at > ?2, window_sent, 0) + 1,
         window_started_at = iif(window_started_at > ?2, window_started_at, ?3) WHERE id = ?1 AND changes() > 0`,
    ).bind(row.channelId, now - HOUR_MS, now),
  ]);
  return (claimed?.meta.changes ?? 0) > 0;
}

async function finish({ DB }: Env, row: Waiting, delivery: Delivery): Promise<void> {
  const { state, at, why } = delivery;
  await DB.batch([
    DB.prepare("DELETE FROM alert_outbox WHERE alert_id = ?1 AND channel_id = ?2").bind(row.alertId, row.channelId),
    DB.prepare(
      "UPDATE alerts SET deliveries = json_set(deliveries, '$.' || ?2, json(?3)) WHERE id = ?1 AND changes() > 0",
    ).bind(...[row.alertId, row.channelId, JSON.stringify(delivery)]),
    state === "sent"
      ? DB.prepare("UPDATE alert_channels SET last_ok_at = ?2, retry_at = 0 WHERE id = ?1").bind(row.channelId, at)
      : DB.prepare("UPDATE alert_channels SET last_error_at = ?2, last_error = ?3 WHERE id = ?1").bind(
          row.channelId,
          at,
          why,
        ),
  ]);
}

/** A refusal that passes; one that says until when holds for the whole channel. */
async function postpone(
  env: Env,
  row: Waiting,
  outcome: Sent & { ok: false },
  attempt: number,
  now: number,
): Promise<void> {
  const { DB } = env;
  const wait = Math.min(RETRY_MAX_MS, Math.max(outcome.afterMs ?? 0, RETRY_FIRST_MS * 2 ** (attempt - 1)));
  await DB.batch([
    DB.prepare(
      `UPDATE alert_outbox SET sending = 0, next_at = ?3, unclear = max(unclear, ?4) WHERE alert_id = ?1 AND channel_id = ?2`,
    ).bind(row.alertId, row.channelId, now + wait, outcome.unclear ? 1 : 0),
    DB.prepare(
      "UPDATE alert_channels SET last_error_at = ?2, last_error = ?3, retry_at = max(retry_at, ?4) WHERE id = ?1",
    ).bind(...[row.channelId, now, outcome.why, outcome.afterMs === null ? 0 : now + wait]),
  ]);
}

/** Gives up what is no news any more, whatever held it back. */
async function expire({ DB }: Env, now: number): Promise<void> {
  const { results } = await DB.prepare(
    `SELECT alert_id AS alertId, channel_id AS channelId, attempts FROM alert_outbox
     WHERE alert_id < ?1 LIMIT ${PER_RUN}`,
  )
    .bind(`alr_${(now - NEWS_FOR_MS).toString(16).padStart(12, "0")}`)
    .all<Pick<Waiting, "alertId" | "channelId" | "attempts">>();
  for (const { alertId, channelId, attempts } of results) {
    const delivery: Delivery = { state: "expired", at: now, attempts, why: "" };
    await DB.batch([
      DB.prepare("DELETE FROM alert_outbox WHERE alert_id = ?1 AND channel_id = ?2").bind(alertId, channelId),
      DB.prepare("UPDATE alerts SET deliveries = json_set(deliveries, '$.' || ?2, json(?3)) WHERE id = ?1").bind(
        ...[alertId, channelId, JSON.stringify(delivery)],
      ),
    ]);
  }
}
