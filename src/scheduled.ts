/**
 * What the hourly cron does: it books background responses that nobody has fetched, refreshes prices once a day, prices late
 * bookings, folds and deletes old rows, asks providers about quotas that no answer has told, and checks accounts once a day. Each
 * job runs by itself, so that a failure does not stop the others. What one run does not get to, the next one does.
 */

import type { Stepped } from "./backup/schedule/step.ts";
import { record } from "./events.ts";
import { HOUR_MS } from "./ground/durations.ts";
import { weakSecrets } from "./ground/secrets.ts";
import { scheduledChecks } from "./jobs/account-checks.ts";
import { readQuotas } from "./jobs/account-quotas.ts";
import { lookAtBackground } from "./jobs/background.ts";
import { noteCronRun } from "./jobs/cron-status.ts";
import { feedStatus, refreshPrices } from "./jobs/price-refresh.ts";
import { reprice } from "./jobs/reprice.ts";
import { retain } from "./jobs/retention.ts";
import { scheduledBackup } from "./jobs/scheduled-backup.ts";
import { endFailures } from "./watch/watch.ts";

/** Prices are refreshed once a day. The time is shorter than a day, so that a run that comes a little early still refreshes them. */
const REFRESH_EVERY_MS = 20 * HOUR_MS;

/**
 * How far back the cron looks for unpriced bookings. For some minutes after a price was set, requests are still booked without it: by
 * isolates that have not heard of it, and by gates that have not flushed. Older bookings are priced by whoever sets the price.
 */
const LATE_BOOKINGS_MS = 48 * HOUR_MS;

/** Accounts that are set to be checked daily are checked at this hour, when few people work. */
const CHECKS_AT_UTC_HOUR = 3;

/** Runs all of it. `now` in milliseconds since the epoch. Never throws: failures are in the log. */
export async function scheduled(env: Env, now: number): Promise<void> {
  const began = Date.now();
  const done: string[] = [];
  const failed: string[] = [];
  const attempt = async (job: string, work: () => Promise<unknown>) => {
    ((await worked(job, work)) ? done : failed).push(job);
  };
  for (const weak of weakSecrets(env)) record({ event: "weak_secret", problem: weak });
  // First, because the leases of these responses run out meanwhile, and the later jobs may use up the run's CPU.
  await attempt("background responses", () => lookAtBackground(env, now));
  await attempt("price feed", () => refreshDaily(env, now));
  await attempt("repricing", () => reprice(env, now, now - LATE_BOOKINGS_MS));
  await attempt("retention", () => retain(env, now));
  await attempt("account quotas", () => readQuotas(env, now));
  if (new Date(now).getUTCHours() === CHECKS_AT_UTC_HOUR)
    await attempt("account tests", () => scheduledChecks(env, now));
  await attempt("its own status", () => noteCronRun(env, { at: now, ms: Date.now() - began, failed }));
  await worked(ENDS, () => endFailures(env, [...done, ENDS], now));
}

const BACKUP = "scheduled backup";
/** Ending failures is a job too. It gives itself as done, because it has worked once it gets to its end. */
const ENDS = "ends of failures";

/** One step of the relay's own backup. Never throws: failures are in the log. */
export async function backUp(env: Env, now: number): Promise<void> {
  let stepped: Stepped = "nothing_due";
  const isDone = await worked(BACKUP, async () => {
    stepped = await scheduledBackup(env, now);
  });
  // To look whether a failure is over costs a query, which is worth it only if something was done.
  if (isDone && stepped !== "nothing_due") await worked(ENDS, () => endFailures(env, [BACKUP], now));
}

async function refreshDaily(env: Env, now: number): Promise<void> {
  const last = await feedStatus(env);
  if (last?.ok && now - Date.parse(last.at) < REFRESH_EVERY_MS) return;
  await refreshPrices(env, now);
}

async function worked(job: string, work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    record({ event: "job_failed", job, error });
    return false;
  }
}
