/**
 * Reports what a try has shown about an account: to this isolate at once, and to the account's Keeper for all other isolates. An answer
 * from a healthy account changes nothing, and costs no object request. What an answer says of the provider's limits goes along with a
 * report, and is reported by itself only if it has moved.
 */
import { record } from "../events.ts";
import type { Fault } from "../providers/faults.ts";
import { quotaIn } from "../providers/quota/headers.ts";
import { hasMoved, type ProviderQuota, type QuotaReading } from "../providers/quota/windows.ts";
import { callKeeper } from "./call-keeper.ts";
import { afterFault, afterSuccess, HEALTHY, withReading } from "./health.ts";
import type { Pool } from "./pool.ts";

/** How far a window's use must move before it is reported, and how soon it can be reported again. */
const QUOTA_STEP = 0.05;
const QUOTA_EVERY_MS = 60_000;

const PAUSES_MS = [0, 50, 250, 1_000];

/** What the Keeper knows of each account's quota, as far as this isolate has told it or heard from it. */
const told = new Map<string, { at: number; quota: ProviderQuota | null }>();

/** An account, and the key of it that was tried. */
export interface Tried {
  accountId: string;
  keyId: string;
}

/** Reports a fault. For `waitUntil`: the failover does not wait for it. `headers`: those of the response, if one came. Never rejects. */
export async function reportFault(
  env: Env,
  pool: Pool,
  { accountId, keyId }: Tried,
  fault: Fault,
  headers: Headers | null = null,
): Promise<void> {
  const now = Date.now();
  const reading = headers && quotaIn(headers, now);
  const known = pool.health.get(accountId) ?? HEALTHY;
  const health = afterFault(known, fault, keyId, now);
  const after = withReading(health, reading, now);
  if (after !== known) pool.health.set(accountId, after);
  // The fault changes no health, so there is nothing to report.
  if (health === known) return;
  try {
    const id = crypto.randomUUID().slice(0, 13);
    const stored = await callKeeper(env, accountId, PAUSES_MS, (keeper) =>
      keeper.reportFault(accountId, fault, keyId, id, reading),
    );
    pool.health.set(accountId, stored);
    if (reading) told.set(accountId, { at: now, quota: stored.quota });
  } catch (error) {
    record({ event: "account_fault_untold", account: accountId, error });
  }
}

/** Reports an answer. Pass to `waitUntil`. Never rejects. */
export async function reportSuccess(
  env: Env,
  pool: Pool,
  { accountId, keyId }: Tried,
  headers: Headers,
): Promise<void> {
  const now = Date.now();
  const reading = quotaIn(headers, now);
  const known = pool.health.get(accountId) ?? HEALTHY;
  const health = afterSuccess(known, keyId, now);
  const moved = reading !== null && mustTell(accountId, known.quota, reading, now);
  const after = withReading(health, reading, now);
  if (after !== known) pool.health.set(accountId, after);
  if (health === known && !moved) return;
  // At once: answers that come while this one is being told have nothing newer to tell.
  if (reading) told.set(accountId, { at: now, quota: after.quota });
  try {
    const stored = await callKeeper(env, accountId, PAUSES_MS, (keeper) =>
      keeper.reportSuccess(accountId, keyId, reading),
    );
    pool.health.set(accountId, stored);
  } catch (error) {
    record({ event: "account_recovery_untold", account: accountId, error });
  }
}

/**
 * Whether a window has moved so far that the Keeper must be told. `known`: the quota before the reading; at first it is what D1 has told
 * this isolate, so the Keeper has it too.
 */
function mustTell(accountId: string, known: ProviderQuota | null, reading: QuotaReading, now: number): boolean {
  const last = told.get(accountId);
  if (!last) {
    told.set(accountId, { at: 0, quota: known });
    return hasMoved(known, reading, QUOTA_STEP, now);
  }
  return now - last.at >= QUOTA_EVERY_MS && hasMoved(last.quota, reading, QUOTA_STEP, now);
}
