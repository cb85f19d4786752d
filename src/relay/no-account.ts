/**
 * What a client is told when no account can be asked, and when one can be asked again. Pure.
 */
import { type Choice, eligibleTargets, keyIdsOf } from "../pool/choose.ts";
import { usableFrom } from "../pool/health.ts";
import { EMPTY_POOL } from "../pool/pool.ts";
import { targetsOf } from "../pool/target.ts";
import type { Refusal } from "../refusal.ts";
import type { Platform } from "../vocabulary.ts";

/** Why no account could be asked. What matters to a client is whether waiting helps. */
export function noAccountRefusal(choice: Choice, platform: Platform, now: number): Refusal {
  const { model } = choice.criteria;
  if (choice.pool === EMPTY_POOL) return { reason: "accounts_unavailable" };
  if (eligibleTargets(choice, now).length === 0)
    return reservedRefusal(choice, now) ?? { reason: "model_unserved", platform, model };
  return { reason: "no_account", platform, model, retryAt: availableAt(choice, now) };
}

/** The refusal if accounts would serve the request from another client, or under another owner's key; else null. */
function reservedRefusal(choice: Choice, now: number): Refusal | null {
  const { criteria, pool } = choice;
  const { model, client } = criteria;
  const forAnyClient = { ...choice, targets: targetsOf(pool.accounts, { ...criteria, client: null }) };
  const [target] = eligibleTargets(forAnyClient, now, true);
  if (!target) return null;
  const forClient = eligibleTargets(choice, now, true).length > 0;
  if (forClient) return { reason: "owner_unserved", model };
  return { reason: "client_unserved", model, client: client ?? "unknown", served: target.account.kind.serves ?? [] };
}

/**
 * When the first of the accounts that could serve this is available again, milliseconds since the epoch: `now` if one is merely
 * busy, null if there is none or if waiting does not help. `except`: ids of accounts that do not count.
 */
export function availableAt(choice: Choice, now: number, except: readonly string[] = []): number | null {
  const targets = eligibleTargets(choice, now).filter(({ account }) => !except.includes(account.id));
  const ends = targets.map(({ account, family }) => {
    const health = choice.pool.health.get(account.id);
    return health ? usableFrom(health, family, now, keyIdsOf(account)) : now;
  });
  const known = ends.filter((end) => end !== null);
  return known.length > 0 ? Math.min(...known) : null;
}
