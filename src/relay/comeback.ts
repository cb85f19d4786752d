/**
 * When a pool that has nobody to ask will have somebody again, and what a client is told until then. Pure.
 */
import { eligibleAccounts, keyIdsOf, type Wanted } from "../pool/choose.ts";
import { endsAt } from "../pool/health.ts";
import { upstreamModel } from "../pool/models.ts";
import { EMPTY_POOL, type Pool } from "../pool/pool.ts";
import { modelFamily } from "../providers/faults.ts";
import type { Refusal } from "../refusal.ts";
import type { Platform } from "../vocabulary.ts";

/** Why no account could be asked: whether waiting helps is what matters to a client. */
export function whyNobody(pool: Pool, wanted: Wanted, platform: Platform, now: number): Refusal {
  const { model } = wanted;
  if (pool === EMPTY_POOL) return { reason: "accounts_unavailable" };
  if (eligibleAccounts(pool, wanted, now).length === 0) return { reason: "model_unserved", platform, model };
  return { reason: "no_account", platform, model, retryAt: comesBackAt(pool, wanted, now) };
}

/**
 * When the first of the accounts that could serve this comes back, milliseconds since the epoch; `now` where one is
 * merely busy, null where there is none or no passing of time helps. `apart` are the ids of accounts not meant.
 */
export function comesBackAt(pool: Pool, wanted: Wanted, now: number, apart: readonly string[] = []): number | null {
  const accounts = eligibleAccounts(pool, wanted, now).filter(({ id }) => !apart.includes(id));
  const ends = accounts.map((account) => {
    const health = pool.health.get(account.id);
    const family = modelFamily(account.platform, upstreamModel(account, wanted.model));
    return health ? endsAt(health, family, now, keyIdsOf(account)) : now;
  });
  const known = ends.filter((end) => end !== null);
  return known.length > 0 ? Math.min(...known) : null;
}
