/**
 * When a pool that has nobody to ask will have somebody again, and what a client is told until then. Pure.
 */
import { type Choice, eligibleTargets, keyIdsOf } from "../pool/choose.ts";
import { usableFrom } from "../pool/health.ts";
import { EMPTY_POOL } from "../pool/pool.ts";
import type { Refusal } from "../refusal.ts";
import type { Platform } from "../vocabulary.ts";

/** Why no account could be asked: whether waiting helps is what matters to a client. */
export function whyNobody(choice: Choice, platform: Platform, now: number): Refusal {
  const { model } = choice.wanted;
  if (choice.pool === EMPTY_POOL) return { reason: "accounts_unavailable" };
  if (eligibleTargets(choice, now).length === 0) return { reason: "model_unserved", platform, model };
  return { reason: "no_account", platform, model, retryAt: comesBackAt(choice, now) };
}

/**
 * When the first of the accounts that could serve this comes back, milliseconds since the epoch; `now` where one is
 * merely busy, null where there is none or no passing of time helps. `apart` are the ids of accounts not meant.
 */
export function comesBackAt(choice: Choice, now: number, apart: readonly string[] = []): number | null {
  const targets = eligibleTargets(choice, now).filter(({ account }) => !apart.includes(account.id));
  const ends = targets.map(({ account, family }) => {
    const health = choice.pool.health.get(account.id);
    return health ? usableFrom(health, family, now, keyIdsOf(account)) : now;
  });
  const known = ends.filter((end) => end !== null);
  return known.length > 0 ? Math.min(...known) : null;
}
