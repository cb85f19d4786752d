/**
 * The right to send one request to an account: remembered by this isolate, and granted by the account's Keeper where
 * the account has a limit of its own or has to prove itself after a fault.
 */
import type { Account } from "../store/snapshot.ts";
import { keyIdsOf } from "./choose.ts";
import { noteChosen, noteDone } from "./memory.ts";

export interface AccountLease {
  /** Gives the lease back and books what the request cost. Safe to call twice; never rejects. */
  release: (costNanos: number) => Promise<void>;
}

/**
 * A lease of the account, or null when it is busy, over its quota, or being probed by another request. Requests that
 * use nothing up (`counted` false) take no place.
 */
export async function leaseAccount(
  env: Env,
  account: Account,
  leaseId: string,
  family: string | null,
  probe: boolean,
  counted: boolean,
): Promise<AccountLease | null> {
  const { maxConcurrency, dailyQuotaNanos, quotaResetHour } = account;
  const kept = counted && (maxConcurrency !== null || dailyQuotaNanos !== null || probe);
  if (kept) {
    try {
      const limits = { maxConcurrency, dailyQuotaNanos, quotaResetHour };
      const probing = probe ? { family, keyIds: keyIdsOf(account) } : null;
      const grant = await env.KEEPER.getByName(account.id).acquire(leaseId, limits, probing);
      if (grant !== "granted") return null;
    } catch (error) {
      // The limit is exact, so no answer means no lease; the next account may do.
      console.error(`keeper of ${account.id} did not answer: ${String(error)}`);
      return null;
    }
  }
  noteChosen(account.id);
  let released = false;
  return {
    release: async (costNanos) => {
      if (released) return;
      released = true;
      noteDone(account.id);
      if (!kept) return;
      try {
        await env.KEEPER.getByName(account.id).release(leaseId, costNanos, quotaResetHour);
      } catch (error) {
        console.error(`lease of ${account.id} is left to lapse: ${String(error)}`);
      }
    },
  };
}
