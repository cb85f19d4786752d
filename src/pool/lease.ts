/**
 * The right to send one request to an account: remembered by this isolate, and granted by the account's Keeper where
 * the account has a limit of its own or has to prove itself after a fault.
 */

import { waitUntil } from "cloudflare:workers";
import { record } from "../events.ts";
import type { Account } from "./account.ts";
import { askKeeper } from "./ask-keeper.ts";
import { keyIdsOf } from "./choose.ts";
import { noteChosen, noteDone } from "./memory.ts";

export interface AccountLease {
  /** Gives the lease back and books what the request cost. Safe to call twice; never rejects. */
  release: (costNanos: number) => Promise<void>;
  /** Call every few minutes while the request is under way: a lease lapses after 15. Never rejects. */
  renew: () => Promise<void>;
}

/** What is asked for. */
export interface LeaseInput {
  id: string;
  family: string | null;
  /** The account comes out of an outage, and this request is to try it. */
  probe: boolean;
  /** False for requests that use nothing up: they take no place. */
  counted: boolean;
  /** What the account is charged should nobody ever say what the request cost. */
  estimateNanos: number;
}

/** No pause: a client waits. An object that restarts answers the second time. */
const ACQUIRE_PAUSES_MS = [0, 0];
const RELEASE_PAUSES_MS = [0, 50, 250, 1_000, 5_000];

/** A lease of the account, or null when it is busy, over its quota, or being probed by another request. */
export async function leaseAccount(env: Env, account: Account, input: LeaseInput): Promise<AccountLease | null> {
  const { maxConcurrency, dailyQuotaNanos, quotaResetHour } = account;
  const { id, family, probe, counted, estimateNanos } = input;
  const kept = counted && (maxConcurrency !== null || dailyQuotaNanos !== null || probe);
  const giveBack = async (costNanos: number) => {
    try {
      await askKeeper(env, account.id, RELEASE_PAUSES_MS, (keeper) => keeper.release(id, costNanos, quotaResetHour));
    } catch (error) {
      record({ event: "account_lease_not_given_back", account: account.id, error });
    }
  };
  if (kept) {
    try {
      const limits = { maxConcurrency, dailyQuotaNanos, quotaResetHour };
      const probing = probe ? { family, keyIds: keyIdsOf(account) } : null;
      const grant = await askKeeper(env, account.id, ACQUIRE_PAUSES_MS, (keeper) =>
        keeper.acquire(id, limits, probing, estimateNanos),
      );
      if (grant !== "granted") return null;
    } catch (error) {
      // The limit is exact, so no answer means no lease; the next account may do. But a grant may have been lost.
      record({ event: "keeper_unreachable", account: account.id, error });
      waitUntil(giveBack(0));
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
      if (kept) await giveBack(costNanos);
    },
    renew: async () => {
      if (!kept || released) return;
      try {
        await askKeeper(env, account.id, ACQUIRE_PAUSES_MS, (keeper) => keeper.renew(id));
      } catch (error) {
        record({ event: "account_lease_not_renewed", account: account.id, error });
      }
    },
  };
}
