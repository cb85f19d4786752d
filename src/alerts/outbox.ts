/**
 * The conditions that last, and the messages that are still to be sent, in D1. The row of an episode makes sure that a condition is told
 * once, whichever isolate, gate or run of the cron sees it first. The alert and each channel's message are written in the same
 * transaction, so that nothing stays untold if the writer dies after it. A healthy request never calls this.
 */
import { HOUR_MS } from "../ground/durations.ts";
import { recordId } from "../ground/record-id.ts";
import { ALERT_TYPES, ALERTS, type AlertType, type Condition, type Phase } from "./alert.ts";

/**
 * The most messages that may wait: a hundred alerts for three channels. Beyond that, alerts are listed but not sent. Urgent ones have as
 * much room again, because a key's holder can cause warnings, which wait in quiet hours.
 */
const MOST_WAITING = { others: 300, urgent: 600 };
const MOST_REMINDED = 3;
const NAME_UNKNOWN = "?";

/** Tells a condition, unless it was told already. Returns the alert's id, or null. Throws if D1 does not accept the write. */
export async function raise(env: Env, condition: Condition, now: number): Promise<string | null> {
  const { DB } = env;
  const { type, subject, endsAt, named } = condition;
  const id = recordId("alr", now);
  // The same statement looks the name up: one query fewer of the 50 that a free invocation has.
  const name = named
    ? `json_set(?5, '$.name', coalesce((SELECT name FROM ${named.table} WHERE id = ?6), '${NAME_UNKNOWN}'))`
    : "?5";
  const values = [type, subject, now, endsAt, JSON.stringify(condition.params), ...(named ? [named.id] : [])];
  const [, made] = await DB.batch([
    DB.prepare(
      `INSERT INTO alert_episodes (type, subject, opened_at, notified_at, ends_at, params) VALUES (?1, ?2, ?3, ?3, ?4, ${name})
       ON CONFLICT DO UPDATE SET opened_at = excluded.opened_at, notified_at = excluded.notified_at, ends_at = excluded.ends_at,
         params = excluded.params WHERE ends_at <= excluded.opened_at`,
    ).bind(...values),
    ...tell(DB, { id, type, subject, phase: "raised" }, now),
  ]);
  return made && made.meta.changes > 0 ? id : null;
}

/** Notes that it is over, and tells that if it is of interest. Returns the alert's id, or null. */
export async function end(env: Env, type: AlertType, subject: string, now: number): Promise<string | null> {
  const known = env.DB.prepare("SELECT 1 FROM alert_episodes WHERE type = ?1 AND subject = ?2");
  // Most conditions that end were never told.
  return (await known.bind(type, subject).first()) ? endOpen(env, type, subject, now) : null;
}

/** The same for an episode that is known to be open: one query fewer. */
export async function endOpen(env: Env, type: AlertType, subject: string, now: number): Promise<string | null> {
  const { DB } = env;
  const id = recordId("alr", now);
  // The alert is made from the episode, and only if `changes()` of the statement before is not 0. So: touch, tell, then delete.
  const touch = DB.prepare("UPDATE alert_episodes SET notified_at = notified_at WHERE type = ?1 AND subject = ?2");
  const told = ALERTS[type].recovers
    ? [touch.bind(type, subject), ...tell(DB, { id, type, subject, phase: "recovered" }, now)]
    : [];
  const results = await DB.batch([
    ...told,
    DB.prepare("DELETE FROM alert_episodes WHERE type = ?1 AND subject = ?2").bind(type, subject),
  ]);
  return told.length > 0 && (results[1]?.meta.changes ?? 0) > 0 ? id : null;
}

export interface Episode {
  type: AlertType;
  subject: string;
}

/** Forgets episodes without telling it, all in one query, because their subjects are gone or are told under another type. */
export async function drop({ DB }: Env, episodes: readonly Episode[]): Promise<void> {
  if (episodes.length === 0) return;
  await DB.prepare(
    "DELETE FROM alert_episodes WHERE (type, subject) IN (SELECT value ->> 'type', value ->> 'subject' FROM json_each(?1))",
  )
    .bind(JSON.stringify(episodes.map(({ type, subject }) => ({ type, subject }))))
    .run();
}

/** The subjects with an open episode, with the type. */
export async function openEpisodes({ DB }: Env, types: readonly AlertType[]): Promise<Episode[]> {
  const among = types.map((_, at) => `?${at + 1}`).join(", ");
  const open = DB.prepare(`SELECT type, subject FROM alert_episodes WHERE type IN (${among}) LIMIT 1000`);
  return (await open.bind(...types).all<Episode>()).results;
}

/** Repeats what lasts, and forgets what is over by itself. */
export async function remind(env: Env, remindHours: number | null, now: number): Promise<void> {
  const { DB } = env;
  const ended = DB.prepare("DELETE FROM alert_episodes WHERE ends_at <= ?1").bind(now);
  const types = ALERT_TYPES.filter((type) => ALERTS[type].reminds);
  const among = types.map((_, at) => `?${at + 2}`).join(", ");
  const due = DB.prepare(
    `SELECT type, subject, notified_at AS at FROM alert_episodes WHERE notified_at <= ?1 AND type IN (${among}) LIMIT ${MOST_REMINDED}`,
  ).bind(remindHours === null ? 0 : now - remindHours * HOUR_MS, ...types);
  const [, read] = await DB.batch<{ type: AlertType; subject: string; at: number }>([ended, due]);
  for (const { type, subject, at } of read?.results ?? []) {
    await DB.batch([
      DB.prepare(
        "UPDATE alert_episodes SET notified_at = ?3 WHERE type = ?1 AND subject = ?2 AND notified_at = ?4",
      ).bind(...[type, subject, now, at]),
      ...tell(DB, { id: recordId("alr", now), type, subject, phase: "again" }, now),
    ]);
  }
}

interface Telling {
  id: string;
  type: AlertType;
  subject: string;
  phase: Phase;
}

/**
 * Writes the alert of an episode, and the messages for its channels. Must come directly after the statement that it tells about, because
 * both write nothing if that one changed nothing.
 */
function tell(DB: D1Database, { id, type, subject, phase }: Telling, now: number): D1PreparedStatement[] {
  const full = `(SELECT count(*) FROM alert_outbox) >= ${ALERTS[type].level === "urgent" ? MOST_WAITING.urgent : MOST_WAITING.others}`;
  const dropped = `json_object('*', json_object('state', 'dropped', 'at', ?5, 'attempts', 0, 'why', ''))`;
  return [
    DB.prepare(
      `INSERT INTO alerts (id, type, subject, phase, params, deliveries)
       SELECT ?1, ?2, ?3, ?4, params, iif(${full}, ${dropped}, '{}') FROM alert_episodes
       WHERE changes() > 0 AND type = ?2 AND subject = ?3`,
    ).bind(id, type, subject, phase, now),
    DB.prepare(
      `INSERT INTO alert_outbox (alert_id, channel_id, attempts, sending, unclear, next_at)
       SELECT ?1, id, 0, 0, 0, ?3 FROM alert_channels
       WHERE changes() > 0 AND NOT ${full} AND enabled AND (?4 <> 'recovered' OR recoveries)
         AND EXISTS (SELECT 1 FROM json_each(alert_channels.alerts) WHERE value = ?2)`,
    ).bind(id, type, now, phase),
  ];
}
