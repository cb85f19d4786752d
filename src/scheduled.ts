/**
 * What the cron does: background responses that nobody has fetched booked, prices refreshed once a day, late bookings
 * priced, old rows folded and deleted, the providers asked about quotas that no answer has said. Each by itself, so that one that fails does not stop the others; what a run does
 * not get to, the next one does.
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

/** A run that comes more often than daily refreshes prices no more often; one a little early still does. */
const REFRESH_EVERY_MS = 20 * HOUR_MS;

/**
 * Requests are booked as unpriced for some minutes after their price was set: by isolates that have not heard of it, and
 * by gates that have not flushed. Older ones are priced by whoever sets the price.
 */
const LATE_BOOKINGS_MS = 48 * HOUR_MS;

/** Accounts that ask for it are tested once a day, when few people work. */
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
  // First, because leases run out meanwhile, and what comes after it may use up the run's CPU.
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
/** A job itself: where it comes to its end, it has worked. */
const ENDS = "ends of failures";

/** One step of the relay's own backup. Never throws: failures are in the log. */
export async function backUp(env: Env, now: number): Promise<void> {
  let stepped: Stepped = "nothing_due";
  const isDone = await worked(BACKUP, async () => {
    stepped = await scheduledBackup(env, now);
  });
  // Looking whether a failure is over is worth a query only when something was done.
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
