/**
 * Reports what a try has shown about an account: to this isolate at once, and to the account's Keeper for all others. An
 * answer from a healthy account changes nothing, and costs no object request.
 */
import { record } from "../events.ts";
import type { Fault } from "../providers/faults.ts";
import { type Headroom, headroomOf } from "../providers/headroom.ts";
import { callKeeper } from "./call-keeper.ts";
import { afterFault, afterSuccess, HEALTHY, withHeadroom } from "./health.ts";
import type { Pool } from "./pool.ts";

/** How far a window's use must move before it is reported, and how soon it can be reported again. */
const HEADROOM_STEP = 0.05;
const HEADROOM_EVERY_MS = 60_000;

const PAUSES_MS = [0, 50, 250, 1_000];

const headroomReportedAt = new Map<string, { at: number; used: number }>();

/** An account, and the key of it that was tried. */
export interface Tried {
  accountId: string;
  keyId: string;
}

/** Call in `waitUntil`: the failover does not wait for it. Never rejects. */
export async function reportFault(env: Env, pool: Pool, { accountId, keyId }: Tried, fault: Fault): Promise<void> {
  const known = pool.health.get(accountId) ?? HEALTHY;
  const health = afterFault(known, fault, keyId, Date.now());
  // The fault changes no health, so there is nothing to report.
  if (health === known) return;
  pool.health.set(accountId, health);
  try {
    const id = crypto.randomUUID().slice(0, 13);
    const stored = await callKeeper(env, accountId, PAUSES_MS, (keeper) =>
      keeper.reportFault(accountId, fault, keyId, id),
    );
    pool.health.set(accountId, stored);
  } catch (error) {
    record({ event: "account_fault_untold", account: accountId, error });
  }
}

/** Call in `waitUntil`. Never rejects. */
export async function reportSuccess(
  env: Env,
  pool: Pool,
  { accountId, keyId }: Tried,
  headers: Headers,
): Promise<void> {
  const now = Date.now();
  const headroom = headroomOf(headers, now);
  const known = pool.health.get(accountId) ?? HEALTHY;
  const health = afterSuccess(known, keyId, now);
  const moved = headroom !== null && hasMoved(accountId, headroom, now);
  if (headroom) pool.health.set(accountId, withHeadroom(health, headroom));
  if (health === known && !moved) return;
  pool.health.set(accountId, withHeadroom(health, headroom));
  if (headroom) headroomReportedAt.set(accountId, { at: now, used: headroom.used });
  try {
    const stored = await callKeeper(env, accountId, PAUSES_MS, (keeper) =>
      keeper.reportSuccess(accountId, keyId, headroom),
    );
    pool.health.set(accountId, stored);
  } catch (error) {
    record({ event: "account_recovery_untold", account: accountId, error });
  }
}

function hasMoved(accountId: string, headroom: Headroom, now: number): boolean {
  const reported = headroomReportedAt.get(accountId);
  if (!reported) return headroom.used >= HEADROOM_STEP;
  return now - reported.at >= HEADROOM_EVERY_MS && Math.abs(headroom.used - reported.used) >= HEADROOM_STEP;
}
