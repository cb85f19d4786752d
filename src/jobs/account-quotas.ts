/**
 * Asks providers once an hour how much of their accounts' limits is used, of those accounts whose answers have not said it: a
 * subscription is used beside the relay, too, and an account that is ranked last is not asked anything that would say so.
 * Bounded: those whose figures are oldest come first, and the rest an hour later.
 */
import { record } from "../events.ts";
import { HOUR_MS } from "../ground/durations.ts";
import type { Account } from "../pool/account.ts";
import { HEALTHY } from "../pool/health.ts";
import type { Pool } from "../pool/pool.ts";
import { isQuotaDue, lastReadAt } from "../providers/quota/windows.ts";
import { loadPool } from "../store/snapshot.ts";

const ASKED_PER_RUN = 10;
/** The cron is not punctual to the second: what the run before has asked for is to be due. */
const MAX_AGE_MS = 0.9 * HOUR_MS;

/** Asks; answers how many were due and could be asked. `now` in milliseconds since the epoch. */
export async function readQuotas(env: Env, now: number): Promise<number> {
  const due = quotasDue(await loadPool(env, now), now);
  const asked = await Promise.all(due.map((account) => askKeeper(env, account)));
  return asked.filter(Boolean).length;
}

/** Pure: the accounts to be asked about, the one that was read longest ago first. */
export function quotasDue({ accounts, health }: Pick<Pool, "accounts" | "health">, now: number): Account[] {
  const known = ({ id }: Account) => health.get(id) ?? HEALTHY;
  return accounts
    .filter((account) => {
      const { kind, schedulable, expiresAt, apiKeys } = account;
      const serves = schedulable && (expiresAt === null || now < expiresAt) && known(account).disabled === null;
      return kind.quota && serves && apiKeys.length > 0 && isQuotaDue(known(account).quota, MAX_AGE_MS, now);
    })
    .sort((a, b) => lastReadAt(known(a).quota) - lastReadAt(known(b).quota))
    .slice(0, ASKED_PER_RUN);
}

async function askKeeper(env: Env, { id, baseUrl, platform, kind, extraHeaders, apiKeys }: Account): Promise<boolean> {
  const [{ id: grantId } = { id: "" }] = apiKeys;
  const of = { accountId: id, grantId, baseUrl, platform, kind: kind.name, extraHeaders };
  try {
    await env.KEEPER.getByName(id).askQuota({ ...of, maxAgeMs: MAX_AGE_MS });
    return true;
  } catch (error) {
    record({ event: "keeper_unreachable", account: id, error });
    return false;
  }
}
