/**
 * What the cron does every five minutes: it looks for what the operator wants to be told, and then sends the messages that wait. Each
 * look reads only what is stored anyway, is bounded, and may be repeated, because an episode records what was told.
 */

import { deliver } from "../alerts/deliver.ts";
import { endOpen, openEpisodes, remind } from "../alerts/outbox.ts";
import { type AlertSettings, readAlertSettings } from "../alerts/settings.ts";
import { copyChannels, tellUnwritable, tellWritable } from "../alerts/without-d1.ts";
import { log, record } from "../events.ts";
import { takesWrites } from "../gate/ledger.ts";
import { again } from "../ground/again.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../ground/durations.ts";
import { watchAccounts, watchSignIns } from "./accounts.ts";
import { watchAllowances } from "./allowances.ts";
import { watchDailyBudget, watchMonthlyBudget } from "./budgets.ts";
import { watchCacheShare } from "./cache-share.ts";
import { sendDigest } from "./digest.ts";
import { watchKeys } from "./keys.ts";
import { watchRelease } from "./release.ts";
import { deleteOldAlerts } from "./retention.ts";
import { watchUnpriced } from "./unpriced.ts";

/** The trigger in wrangler.toml; the hourly one does the jobs. */
export const WATCH_CRON = "*/5 * * * *";
const EVERY_MS = 5 * MINUTE_MS;

type Look = (env: Env, settings: AlertSettings, now: number) => Promise<unknown>;

/**
 * How often each look is made, and how many minutes after the hour. Looks that read more rows are made less often, and few of them at a
 * time, because a free invocation asks D1 fifty times at the most.
 */
const LOOKS: readonly { name: string; everyMs: number; atMs: number; look: Look }[] = [
  { name: "accounts", everyMs: EVERY_MS, atMs: 0, look: watchAccounts },
  { name: "digest", everyMs: EVERY_MS, atMs: 0, look: sendDigest },
  { name: "daily budget", everyMs: 15 * MINUTE_MS, atMs: 0, look: watchDailyBudget },
  { name: "allowances", everyMs: 15 * MINUTE_MS, atMs: 5 * MINUTE_MS, look: watchAllowances },
  { name: "sign-ins", everyMs: HOUR_MS, atMs: 10 * MINUTE_MS, look: watchSignIns },
  { name: "keys", everyMs: HOUR_MS, atMs: 25 * MINUTE_MS, look: watchKeys },
  { name: "prices", everyMs: HOUR_MS, atMs: 40 * MINUTE_MS, look: watchUnpriced },
  { name: "monthly budget", everyMs: HOUR_MS, atMs: 55 * MINUTE_MS, look: watchMonthlyBudget },
  { name: "cache share", everyMs: HOUR_MS, atMs: 55 * MINUTE_MS, look: watchCacheShare },
  { name: "copy of the channels", everyMs: HOUR_MS, atMs: 55 * MINUTE_MS, look: (env) => copyChannels(env) },
  { name: "old alerts", everyMs: HOUR_MS, atMs: 55 * MINUTE_MS, look: (env, _, now) => deleteOldAlerts(env, now) },
  { name: "releases", everyMs: DAY_MS, atMs: 25 * MINUTE_MS, look: watchRelease },
];

/** D1 may have been away for a moment. */
const PAUSES_MS = [1_000, 4_000];

/** Runs what is due. `now` in milliseconds since the epoch. Never throws: failures are in the log. */
export async function watch(env: Env, now: number): Promise<void> {
  if (!(await takesWritesAgain(env))) {
    const since = new Date(now).toISOString();
    log({ event: "storage_unwritable", since });
    await attempt("D1", () => tellUnwritable(env, now));
    return;
  }
  const done: string[] = [];
  const work = async (name: string, look: () => Promise<unknown>) => {
    if (await attempt(name, look)) done.push(jobOf(name));
  };
  await work("D1", () => tellWritable(env, now));
  let settings: AlertSettings;
  try {
    settings = await readAlertSettings(env);
    done.push(SETTINGS_JOB);
  } catch (error) {
    return record({ event: "job_failed", job: SETTINGS_JOB, error });
  }
  for (const { name, everyMs, atMs, look } of LOOKS) {
    if (Math.floor((now - atMs) / EVERY_MS) % (everyMs / EVERY_MS) !== 0) continue;
    await work(name, () => look(env, settings, now));
  }
  await work("reminders", () => remind(env, settings.remindHours, now));
  // Each step before this is a job that may have failed. This one is a job too, and has worked once it gets to its end.
  await attempt("jobs", () => endFailures(env, [...done, jobOf("jobs")], now));
  // If delivery failed before and works now, that failure is over; the next run delivers the message about it.
  if (await attempt("delivery", () => deliver(env, now))) {
    await attempt("jobs", () => endFailures(env, [jobOf("delivery")], now));
  }
}

/** How many failures end in one run; the rest end with the next. */
const MOST_ENDED = 5;

/** Ends the failures of jobs that have worked now. Throws if D1 does not answer. */
export async function endFailures(env: Env, jobs: readonly string[], now: number): Promise<void> {
  const open = await openEpisodes(env, ["job_failed"]);
  for (const { type, subject } of open.filter(({ subject }) => jobs.includes(subject)).slice(0, MOST_ENDED)) {
    await endOpen(env, type, subject, now);
  }
}

async function attempt(name: string, look: () => Promise<unknown>): Promise<boolean> {
  try {
    await look();
    return true;
  } catch (error) {
    record({ event: "job_failed", job: jobOf(name), error });
    return false;
  }
}

/** The job of reading the settings, without which no look is made. */
const SETTINGS_JOB = "alerts";

function jobOf(look: string): string {
  return `alerts: ${look}`;
}

function takesWritesAgain(env: Env): Promise<boolean> {
  const asked = again(PAUSES_MS, async () => {
    if (!(await takesWrites(env.DB))) throw new Error("D1 takes no writes");
  });
  return asked.then(
    () => true,
    () => false,
  );
}
