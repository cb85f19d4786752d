/**
 * Asks providers once an hour how much of an account's limits is used, if no answer has told it: a subscription is used beside the relay
 * too, and an account that is ranked last gets no requests whose answers would tell. Bounded: accounts that were looked at longest ago
 * come first, and the rest an hour later.
 */
import { record } from "../events.ts";
import { HOUR_MS } from "../ground/durations.ts";
import { HEALTHY } from "../pool/health.ts";
import type { Pool } from "../pool/pool.ts";
import { type QuotaQuestion, quotaQuestionOf } from "../pool/quota-asking.ts";
import { isQuotaDue, lastReadAt } from "../providers/quota/windows.ts";
import { loadPool } from "../store/snapshot.ts";

const ASKED_PER_RUN = 10;
/** Less than an hour, because the cron is not punctual to the second: what the last run asked for must be due again. */
const MAX_AGE_MS = 0.9 * HOUR_MS;

/** Asks, and returns about how many accounts. `now` in milliseconds since the epoch. */
export async function readQuotas(env: Env, now: number): Promise<number> {
  const due = quotasDue(await loadPool(env, now), now);
  const asked = await Promise.all(due.map((question) => askKeeper(env, question)));
  return asked.filter(Boolean).length;
}

/** What to ask, beginning with the account about which nothing was asked or read for longest. Pure. */
export function quotasDue({ accounts, health }: Pick<Pool, "accounts" | "health">, now: number): QuotaQuestion[] {
  return accounts
    .flatMap((account) => {
      const { schedulable, expiresAt } = account;
      const { quota, disabled } = health.get(account.id) ?? HEALTHY;
      const serves = schedulable && (expiresAt === null || now < expiresAt) && disabled === null;
      const question = serves && isQuotaDue(quota, MAX_AGE_MS, now) ? quotaQuestionOf(account, MAX_AGE_MS) : null;
      return question ? [{ question, lookedAt: Math.max(lastReadAt(quota), quota?.asked?.at ?? 0) }] : [];
    })
    .sort((a, b) => a.lookedAt - b.lookedAt)
    .slice(0, ASKED_PER_RUN)
    .map(({ question }) => question);
}

async function askKeeper(env: Env, question: QuotaQuestion): Promise<boolean> {
  try {
    await env.KEEPER.getByName(question.id).askQuota(question);
    return true;
  } catch (error) {
    record({ event: "keeper_unreachable", account: question.id, error });
    return false;
  }
}
