/**
 * The nightly checks of the accounts that ask for one (`scheduled_test`), so that a fault is known before the first request
 * of the day meets it. They are bounded, because a cron run has 15 minutes and a free Worker's invocation has 50 requests to
 * other hosts. If there are more keys than fit, every night goes on where the last one ended.
 */
import { modelForCheck } from "../account-check/request.ts";
import { type KeyOutcome, runCheck } from "../account-check/run.ts";
import { record } from "../events.ts";
import { DAY_MS } from "../ground/durations.ts";
import type { Account, AccountKey } from "../pool/account.ts";
import type { Pool } from "../pool/pool.ts";
import { forgetSnapshot, loadPool } from "../store/snapshot.ts";

const CHECKS_PER_RUN = 20;
/** A Worker has six connections open at once. */
const LANES = 4;

export interface ScheduledOutcome {
  accountId: string;
  outcome: KeyOutcome;
}

/** Runs tonight's checks and returns what they have shown. `now` in milliseconds since the epoch. */
export async function scheduledChecks(env: Env, now: number): Promise<ScheduledOutcome[]> {
  forgetSnapshot();
  const pool = await loadPool(env, now);
  const queue = checksTonight(pool.accounts, now);
  const outcomes: ScheduledOutcome[] = [];
  const lane = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) outcomes.push(...(await checkOne(env, pool, next)));
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  // An account that is busy at night works.
  const failed = outcomes.filter(({ outcome }) => !outcome.ok && outcome.condition !== "busy");
  for (const { accountId, outcome } of failed) {
    const { key, condition, status } = outcome;
    record({ event: "scheduled_test_failed", account: accountId, key, condition, status });
  }
  record({ event: "scheduled_tests_done", tested: outcomes.length, failed: failed.length });
  return outcomes;
}

interface KeyCheck {
  account: Account;
  key: AccountKey;
}

/** The keys to check tonight: those of all accounts that take part, or, if they are too many, another stretch of them every day. Pure. */
export function checksTonight(accounts: readonly Account[], now: number): KeyCheck[] {
  const all = accounts
    .filter(({ scheduledTest, schedulable, expiresAt }) => {
      return scheduledTest && schedulable && (expiresAt === null || now < expiresAt);
    })
    .flatMap((account) => account.apiKeys.map((key) => ({ account, key })));
  if (all.length <= CHECKS_PER_RUN) return all;
  const start = (Math.floor(now / DAY_MS) * CHECKS_PER_RUN) % all.length;
  return [...all.slice(start), ...all.slice(0, start)].slice(0, CHECKS_PER_RUN);
}

async function checkOne(env: Env, pool: Pool, { account, key }: KeyCheck): Promise<ScheduledOutcome[]> {
  const { id, position } = key;
  // Hints are for people; the log names the position.
  const order = { account, keys: [{ position, hint: `${position}`, id }], model: modelForCheck(account) };
  const outcomes: ScheduledOutcome[] = [];
  for await (const event of runCheck(env, pool, order, new AbortController().signal)) {
    if (event.type === "diagnosis") outcomes.push({ accountId: account.id, outcome: event.outcome });
  }
  return outcomes;
}
