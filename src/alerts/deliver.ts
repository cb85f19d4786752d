/**
 * Sends the alerts that wait. Code that has written an alert calls this at once, for one message per channel, and the cron every five
 * minutes. A row is claimed before it is sent, so that only one of two that try sends it. A claim without a report ends after two
 * minutes. The row is then sent once more, with a note that it may be a repetition.
 */
import { record } from "../events.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../ground/durations.ts";
import { firstIdAt } from "../ground/record-id.ts";
import { open } from "../vault/seal.ts";
import { ALERT_TYPES, ALERTS, type Alert, type AlertType, type Phase } from "./alert.ts";
import { type ChannelType, channelOf } from "./channels.ts";
import { messageOf } from "./message.ts";
import { channelPlace } from "./place.ts";
import { isQuiet } from "./quiet-hours.ts";
import { type Sent, send } from "./send.ts";
import { type AlertSettings, offsetOf, readAlertSettings } from "./settings.ts";
import type { Delivery } from "./tables.ts";

/** A free invocation may make 50 requests elsewhere, and as many to D1. So claims and results are each written in one go. */
const PER_RUN = 20;
/** The messages of one channel are sent one after the other, and a claim lasts longer than the timeouts of all of them. */
const PER_CHANNEL = 5;
const MOST_ATTEMPTS = 8;
const RETRY_FIRST_MS = MINUTE_MS;
const RETRY_MAX_MS = 2 * HOUR_MS;
const CLAIM_MS = 2 * MINUTE_MS;
/** What could not be sent for a day is no longer news. */
const NEWS_FOR_MS = DAY_MS;

/** This part of what a channel may get in an hour is only for urgent alerts: `max_per_hour / URGENT_PART`, rounded down. */
const URGENT_PART = 5;

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
  /** How many more messages it may get in this hour. */
  room: number;
}

/** The result of a row. */
type Outcome =
  /** It is finished. */
  | { row: Waiting; is: "ended"; delivery: Delivery }
  /** It will be tried again. `holdMs`: how long the whole channel pauses, if its service asked for that. */
  | { row: Waiting; is: "refused"; why: string; unclear: boolean; waitMs: number; holdMs: number }
  /** Its turn did not come, because the one before it was refused. */
  | { row: Waiting; is: "behind"; waitMs: number };

/** How many of the waiting messages are sent, and until when one may be begun. */
interface Bounds {
  perChannel: number;
  beginBefore: number;
  isMeant: (alertId: string) => boolean;
}

const OF_THE_CRON: Bounds = {
  ...{ perChannel: PER_CHANNEL, beginBefore: Number.POSITIVE_INFINITY },
  isMeant: () => true,
};

/**
 * After an answer, Cloudflare ends everything of the request within 30 seconds, and a message that is cut off would be sent a second
 * time. So it sends one message per channel (all channels at once, ten seconds each), only of these alerts, and begins none late. The
 * cron does the rest. `began`: by the clock.
 */
export function behindRequest(began: number, alerts: readonly string[]): Bounds {
  return { perChannel: 1, beginBefore: began + 10 * SECOND_MS, isMeant: (id) => alerts.includes(id) };
}

/** Returns how many were sent. `now` in milliseconds since the epoch. Throws if D1 does not answer. */
export async function deliver(env: Env, now: number, bounds = OF_THE_CRON): Promise<number> {
  // Nearly always nothing waits, which costs one row to find out.
  if (!(await env.DB.prepare("SELECT 1 FROM alert_outbox LIMIT 1").first())) return 0;
  const settings = await readAlertSettings(env);
  await expire(env, now);
  const meant = (await waiting(env, settings, now)).filter(({ alertId }) => bounds.isMeant(alertId));
  const queues = [...Map.groupBy(meant, ({ channelId }) => channelId).values()];
  const inTurn = queues.flatMap((queue) => queue.slice(0, bounds.perChannel).filter(({ room }, at) => at < room));
  if (Date.now() >= bounds.beginBefore) return 0;
  const claimed = await claim(env, inTurn, now);
  const outcomes = await Promise.all(
    queues.map((queue) =>
      sendInTurn(
        env,
        settings,
        queue.filter((row) => claimed.has(row)),
        now,
      ),
    ),
  );
  await report(env, outcomes.flat(), now);
  return outcomes.flat().filter((one) => one.is === "ended" && one.delivery.state === "sent").length;
}

/** What may be sent now: urgent alerts first, then by age. */
async function waiting(env: Env, settings: AlertSettings, now: number): Promise<Waiting[]> {
  const clock = { now, offsetHours: offsetOf(env) };
  const quiet = isQuiet(settings.quietHours, clock);
  if (quiet && !settings.urgentPasses) return [];
  const urgent = `alerts.type IN (${URGENT.map((type) => `'${type}'`).join(", ")})`;
  const { results } = await env.DB.prepare(
    `SELECT alert_id AS alertId, channel_id AS channelId, attempts, sending, unclear, next_at AS nextAt, alerts.type, subject, phase,
       params, alert_channels.type AS channelType, sealed,
       max_per_hour - iif(${urgent}, 0, max_per_hour / ${URGENT_PART}) - iif(window_started_at > ?2, window_sent, 0) AS room
     FROM alert_outbox JOIN alerts ON alerts.id = alert_id JOIN alert_channels ON alert_channels.id = channel_id
     WHERE next_at <= ?1 AND enabled AND retry_at <= ?1 AND room > 0 ${quiet ? `AND ${urgent}` : ""}
     ORDER BY ${urgent} DESC, alert_id LIMIT ${PER_RUN}`,
  )
    .bind(now, now - HOUR_MS)
    .all<Waiting>();
  return results;
}

/** Sends the messages of one channel one after the other. A temporary refusal holds for those after it too. */
async function sendInTurn(
  env: Env,
  settings: AlertSettings,
  queue: readonly Waiting[],
  now: number,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let waitMs: number | null = null;
  for (const row of queue) {
    const outcome: Outcome = waitMs === null ? await sendOne(env, settings, row, now) : { row, is: "behind", waitMs };
    if (outcome.is === "refused") ({ waitMs } = outcome);
    outcomes.push(outcome);
  }
  return outcomes;
}

async function sendOne(env: Env, settings: AlertSettings, row: Waiting, now: number): Promise<Outcome> {
  const unclear = unclearOf(row);
  if (unclear > 1) {
    const why = "two tries were never reported on";
    return { row, is: "ended", delivery: { state: "unclear", at: now, attempts: row.attempts, why } };
  }
  const attempt = row.attempts + 1;
  const sent = await attemptOne(env, settings, row, { attempt, unclear: unclear > 0 }, now);
  if (sent.ok) return { row, is: "ended", delivery: { state: "sent", at: now, attempts: attempt, why: "" } };
  const { why, again, afterMs } = sent;
  record({ event: "alert_not_delivered", alert: row.alertId, channel: row.channelId, attempt, why });
  if (!again || attempt >= MOST_ATTEMPTS) {
    return { row, is: "ended", delivery: { state: "failed", at: now, attempts: attempt, why } };
  }
  const waitMs = Math.min(RETRY_MAX_MS, Math.max(afterMs ?? 0, RETRY_FIRST_MS * 2 ** (attempt - 1)));
  return { row, is: "refused", why, unclear: sent.unclear, waitMs, holdMs: afterMs === null ? 0 : waitMs };
}

/** Tries with an unknown result. One more if the sender of the last one died between its claim and its report. */
function unclearOf({ unclear, sending }: Waiting): number {
  return unclear + (sending ? 1 : 0);
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

/** `raise` has written the row with the parameters of its type. */
function alertOf({ alertId: id, type, subject, phase, params }: Waiting): Alert {
  // The id begins with the time (ground/record-id.ts).
  const time = Number.parseInt(id.slice(4, 16), 16);
  return { id, time, type, subject, phase, params: JSON.parse(params) } as Alert;
}

/** Claims the rows for this try, and their places in their channels' hour. Rows that another sender has are not returned. */
async function claim({ DB }: Env, rows: readonly Waiting[], now: number): Promise<Set<Waiting>> {
  if (rows.length === 0) return new Set();
  const given = rows.map((row) => ({
    a: row.alertId,
    c: row.channelId,
    n: row.attempts,
    t: row.nextAt,
    u: unclearOf(row),
  }));
  const { results } = await DB.prepare(
    `UPDATE alert_outbox SET attempts = attempts + 1, sending = 1, unclear = given.value ->> 'u', next_at = ?2
     FROM json_each(?1) AS given
     WHERE alert_id = given.value ->> 'a' AND channel_id = given.value ->> 'c' AND attempts = given.value ->> 'n'
       AND next_at = given.value ->> 't' RETURNING alert_id AS alertId, channel_id AS channelId`,
  )
    .bind(JSON.stringify(given), now + CLAIM_MS)
    .all<Pick<Waiting, "alertId" | "channelId">>();
  const isClaimed = (row: Waiting) =>
    results.some(({ alertId, channelId }) => alertId === row.alertId && channelId === row.channelId);
  const claimed = rows.filter(isClaimed);
  await DB.prepare(
    `UPDATE alert_channels SET window_sent = iif(window_started_at > ?2, window_sent, 0) + given.sent,
       window_started_at = iif(window_started_at > ?2, window_started_at, ?3)
     FROM (SELECT value AS channel, count(*) AS sent FROM json_each(?1) GROUP BY value) AS given WHERE alert_channels.id = given.channel`,
  )
    .bind(JSON.stringify(claimed.map(({ channelId }) => channelId)), now - HOUR_MS, now)
    .run();
  return new Set(claimed);
}

/** Writes the results of this run, in one transaction. */
async function report({ DB }: Env, outcomes: readonly Outcome[], now: number): Promise<void> {
  if (outcomes.length === 0) return;
  const ended = outcomes.flatMap((one) => (one.is === "ended" ? [{ ...one.row, delivery: one.delivery }] : []));
  const left = outcomes.flatMap((one) => (one.is === "ended" ? [] : [one]));
  const refused = outcomes.flatMap((one) => (one.is === "refused" ? [one] : []));
  const byAlert = [...Map.groupBy(ended, ({ alertId }) => alertId)].map(([a, those]) => {
    return { a, d: Object.fromEntries(those.map(({ channelId, delivery }) => [channelId, delivery])) };
  });
  const sent = ended.filter(({ delivery }) => delivery.state === "sent");
  const errors = [
    ...ended.flatMap(({ channelId, delivery }) =>
      delivery.state === "sent" ? [] : [{ c: channelId, w: delivery.why, t: 0 }],
    ),
    ...refused.map(({ row, why, holdMs }) => ({ c: row.channelId, w: why, t: holdMs === 0 ? 0 : now + holdMs })),
  ];
  await DB.batch([
    DB.prepare(
      `DELETE FROM alert_outbox WHERE (alert_id, channel_id) IN
         (SELECT value ->> 'a', value ->> 'c' FROM json_each(?1))`,
    ).bind(JSON.stringify(ended.map(({ alertId, channelId }) => ({ a: alertId, c: channelId })))),
    DB.prepare(
      `UPDATE alerts SET deliveries = json_patch(deliveries, given.value -> 'd') FROM json_each(?1) AS given WHERE alerts.id = given.value ->> 'a'`,
    ).bind(JSON.stringify(byAlert)),
    DB.prepare(
      `UPDATE alert_outbox SET sending = 0, attempts = given.value ->> 'n', unclear = max(unclear, given.value ->> 'u'),
         next_at = given.value ->> 't'
       FROM json_each(?1) AS given WHERE alert_id = given.value ->> 'a' AND channel_id = given.value ->> 'c'`,
    ).bind(
      JSON.stringify(
        left.map((one) => ({
          ...{ a: one.row.alertId, c: one.row.channelId, t: now + one.waitMs },
          // A row whose turn did not come was not tried.
          ...{ n: one.row.attempts + (one.is === "refused" ? 1 : 0), u: one.is === "refused" && one.unclear ? 1 : 0 },
        })),
      ),
    ),
    DB.prepare(
      `UPDATE alert_channels SET last_ok_at = ?2, retry_at = 0 WHERE id IN (SELECT value FROM json_each(?1))`,
    ).bind(JSON.stringify(sent.map(({ channelId }) => channelId)), now),
    DB.prepare(
      `UPDATE alert_channels SET last_error_at = ?2, last_error = given.value ->> 'w', retry_at = max(retry_at, given.value ->> 't')
       FROM json_each(?1) AS given WHERE alert_channels.id = given.value ->> 'c'`,
    ).bind(JSON.stringify(errors), now),
  ]);
}

/** Gives up what is no longer news, whatever held it back. */
async function expire({ DB }: Env, now: number): Promise<void> {
  const before = firstIdAt("alr", now - NEWS_FOR_MS);
  await DB.batch([
    DB.prepare(
      `UPDATE alerts SET deliveries = json_patch(deliveries, old.d) FROM (
         SELECT alert_id, json_group_object(channel_id, json_object('state', 'expired', 'at', ?2, 'attempts', attempts, 'why', '')) AS d
         FROM alert_outbox WHERE alert_id < ?1 GROUP BY alert_id) AS old WHERE alerts.id = old.alert_id`,
    ).bind(before, now),
    DB.prepare("DELETE FROM alert_outbox WHERE alert_id < ?1").bind(before),
  ]);
}
