/**
 * Clears away what is old: deletes log rows, folds hours into days, forgets sessions that have ended. Each run takes a bounded
 * number of rows, because a deleted row counts as a written one and the free plan has 100,000 a day for everything; the next
 * run takes the rest. Days, keys and the audit trail stay for ever, except for failed sign-ins in the trail, which strangers
 * can make.
 */
import { lte } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { isBackupUnderWay } from "../backup/under-way.ts";
import { DAY_MS, HOUR_MS } from "../ground/durations.ts";
import { firstIdAt } from "../ground/record-id.ts";
import { dayOfHour, offsetMs } from "../store/days.ts";
import { readRetention } from "../store/retention-days.ts";
import { adminSessions, backgroundResponses, oauthFlows } from "../store/schema.ts";
import { ADD_TO_SUMS, SUM_COLUMNS, SUMMED_UP } from "../store/sums.ts";

/** A log row is one written row. 24 runs a day delete 60,000, which is more than the free plan lets the relay log. */
export const LOG_ROWS_PER_RUN = 2_500;
/** To fold an hour writes three rows at the most: the hour and its index entry are deleted, and a day changes. */
export const HOURS_PER_RUN = 500;

/** For refusals: 500 keys that are refused for two reasons all day long make 24,000 rows a day. */
export const COUNTERS_PER_RUN = 1_500;

/** A response that no look has got to in this time was booked as lost long ago. */
const PENDING_DAYS = 2;

export interface RetentionRun {
  requestsDeleted: number;
  hoursFolded: number;
}

/** One run. `now` in milliseconds since the epoch. Safe to repeat at any time, and after any failure. */
export async function retain(env: Env, now: number): Promise<RetentionRun> {
  const { request_log_days, hourly_usage_days } = await readRetention(env);
  const requestsDeleted = await deleteOldRequests(env, now, request_log_days.days);
  // Not during a backup: sums that move from one part of it to another between its pages would be in neither.
  const hoursFolded = (await isBackupUnderWay(env, now)) ? 0 : await foldOldHours(env, now, hourly_usage_days.days);
  await deleteOldRefusals(env, now, request_log_days.days);
  await deleteOldClients(env, now, hourly_usage_days.days);
  await deleteEndedSessions(env, now);
  await drizzle(env.DB)
    .delete(backgroundResponses)
    .where(lte(backgroundResponses.createdAt, now - PENDING_DAYS * DAY_MS));
  await drizzle(env.DB).delete(oauthFlows).where(lte(oauthFlows.expiresAt, now));
  if (new Date(now).getUTCHours() === THOROUGH_AT_UTC_HOUR) {
    await deleteOldFailures(env, now);
    await deleteWithoutAccount(env, now);
  }
  return { requestsDeleted, hoursFolded };
}

async function deleteOldRequests(env: Env, now: number, days: number | null): Promise<number> {
  if (days === null) return 0;
  const { meta } = await env.DB.prepare(
    `DELETE FROM requests WHERE id IN (SELECT id FROM requests WHERE id < ?1 ORDER BY id LIMIT ${LOG_ROWS_PER_RUN})`,
  )
    .bind(firstIdAt("req", now - days * DAY_MS))
    .run();
  return meta.changes;
}

/** Sums by client are not folded: they are deleted when their hours would be folded. */
async function deleteOldClients(env: Env, now: number, days: number | null): Promise<void> {
  if (days === null) return;
  await env.DB.prepare(
    `DELETE FROM client_hourly WHERE (hour, key_id, client) IN (
       SELECT hour, key_id, client FROM client_hourly WHERE hour < ?1 ORDER BY hour LIMIT ${HOURS_PER_RUN})`,
  )
    .bind(Math.floor((now - days * DAY_MS) / HOUR_MS))
    .run();
}

/** Counters are kept as long as the log. */
async function deleteOldRefusals(env: Env, now: number, days: number | null): Promise<void> {
  if (days === null) return;
  await env.DB.prepare(
    `DELETE FROM refusals_hourly WHERE (hour, key_id, reason) IN (
       SELECT hour, key_id, reason FROM refusals_hourly WHERE hour < ?1 ORDER BY hour LIMIT ${COUNTERS_PER_RUN})`,
  )
    .bind(Math.floor((now - days * DAY_MS) / HOUR_MS))
    .run();
}

/** The oldest rows. Both statements find the same ones, because nothing else writes within their transaction. */
const OLDEST = `SELECT hour, key_id, account_id, model FROM usage_hourly WHERE hour < ?1
  ORDER BY hour, key_id, account_id, model LIMIT ${HOURS_PER_RUN}`;

const FOLD = `INSERT INTO usage_daily (day, key_id, account_id, model, ${SUM_COLUMNS.join(", ")})
  SELECT ${dayOfHour("?2")} AS day, key_id, account_id, model, ${SUMMED_UP}
  FROM usage_hourly WHERE (hour, key_id, account_id, model) IN (${OLDEST}) GROUP BY day, key_id, account_id, model
  ON CONFLICT ${ADD_TO_SUMS}`;

const DELETE_FOLDED = `DELETE FROM usage_hourly WHERE (hour, key_id, account_id, model) IN (${OLDEST})`;

/**
 * One transaction adds the hours to their days and deletes them, so no crash and no repetition counts anything twice or not at
 * all. Only days that are wholly old enough are folded. An hour that is booked late into such a day is added to it.
 */
async function foldOldHours(env: Env, now: number, days: number | null): Promise<number> {
  if (days === null) return 0;
  const offset = offsetMs(env);
  const firstDayKept = Math.floor((now + offset) / DAY_MS) - days;
  // With an offset of half an hour, a day begins inside an hour; that hour belongs to the day in which it begins.
  const firstHourKept = Math.ceil((firstDayKept * DAY_MS - offset) / HOUR_MS);
  const [, deleted] = await env.DB.batch([
    env.DB.prepare(FOLD).bind(firstHourKept, offset),
    env.DB.prepare(DELETE_FOLDED).bind(firstHourKept),
  ]);
  return deleted?.meta.changes ?? 0;
}

async function deleteEndedSessions(env: Env, now: number): Promise<void> {
  await drizzle(env.DB).delete(adminSessions).where(lte(adminSessions.expiresAt, now));
}

/** Once a day is often enough for deletions that read whole tables, or all of the older trail. */
const THOROUGH_AT_UTC_HOUR = 4;
const FAILURES_KEPT_MS = 30 * DAY_MS;
/** Strangers can make 720 a day. */
const FAILURES_PER_RUN = 1_000;

async function deleteOldFailures(env: Env, now: number): Promise<void> {
  await env.DB.prepare(
    `DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE id < ?1 AND action = 'session.refused'
       ORDER BY id LIMIT ${FAILURES_PER_RUN})`,
  )
    .bind(firstIdAt("aud", now - FAILURES_KEPT_MS))
    .run();
}

/** The Keeper of an account that is being made may write its health before D1 has the account. */
const MAKING_MS = DAY_MS;

/** Deletes what was written about accounts after they were deleted: an answer that was booked later, a fault that came late. */
async function deleteWithoutAccount(env: Env, now: number): Promise<void> {
  const without = "account_id NOT IN (SELECT id FROM accounts)";
  await env.DB.batch([
    env.DB.prepare(`DELETE FROM account_health WHERE updated_at < ?1 AND ${without}`).bind(now - MAKING_MS),
    env.DB.prepare(`DELETE FROM account_answers WHERE ${without}`),
    env.DB.prepare(`DELETE FROM model_gaps WHERE ${without}`),
  ]);
}
