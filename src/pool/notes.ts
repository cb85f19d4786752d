/**
 * What a try has shown about an account, noted at once for this isolate and with the account's Keeper for all others.
 * An answer from an account that nothing is held against is not news, and costs no object request.
 */
import { record } from "../events.ts";
import type { Fault } from "../providers/faults.ts";
import { type Headroom, headroomOf } from "../providers/headroom.ts";
import { askKeeper } from "./ask-keeper.ts";
import { afterFault, afterSuccess, HEALTHY, withHeadroom } from "./health.ts";
import type { Pool } from "./pool.ts";

/** How far a window's use must move before it is news, and how soon it can be news again. */
const HEADROOM_STEP = 0.05;
const HEADROOM_EVERY_MS = 60_000;

const PAUSES_MS = [0, 50, 250, 1_000];

const headroomToldAt = new Map<string, { at: number; used: number }>();

/** Call in `waitUntil`: the failover does not wait for it. Never rejects. */
export async function noteFault(env: Env, pool: Pool, accountId: string, keyId: string, fault: Fault): Promise<void> {
  const known = pool.health.get(accountId) ?? HEALTHY;
  const health = afterFault(known, fault, keyId, Date.now());
  // Nobody stepped aside, and it was said before: not worth an object request.
  if (health === known) return;
  pool.health.set(accountId, health);
  try {
    const id = crypto.randomUUID().slice(0, 13);
    const told = await askKeeper(env, accountId, PAUSES_MS, (keeper) =>
      keeper.reportFault(accountId, fault, keyId, id),
    );
    pool.health.set(accountId, told);
  } catch (error) {
    record({ event: "account_fault_untold", account: accountId, error });
  }
}

/** Call in `waitUntil`. Never rejects. */
export async function noteSuccess(
  env: Env,
  pool: Pool,
  accountId: string,
  keyId: string,
  headers: Headers,
): Promise<void> {
  const now = Date.now();
  const headroom = headroomOf(headers, now);
  const known = pool.health.get(accountId) ?? HEALTHY;
  const health = afterSuccess(known, keyId, now);
  const news = headroom !== null && isNews(accountId, headroom, now);
  if (headroom) pool.health.set(accountId, withHeadroom(health, headroom));
  if (health === known && !news) return;
  pool.health.set(accountId, withHeadroom(health, headroom));
  if (headroom) headroomToldAt.set(accountId, { at: now, used: headroom.used });
  try {
    const told = await askKeeper(env, accountId, PAUSES_MS, (keeper) =>
      keeper.reportSuccess(accountId, keyId, headroom),
    );
    pool.health.set(accountId, told);
  } catch (error) {
    record({ event: "account_recovery_untold", account: accountId, error });
  }
}

function isNews(accountId: string, headroom: Headroom, now: number): boolean {
  const told = headroomToldAt.get(accountId);
  if (!told) return headroom.used >= HEADROOM_STEP;
  return now - told.at >= HEADROOM_EVERY_MS && Math.abs(headroom.used - told.used) >= HEADROOM_STEP;
}
