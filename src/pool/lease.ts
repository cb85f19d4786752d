/**
 * The right to send one request to an account. This isolate counts it; the account's Keeper grants it if the account has a limit of its
 * own, or is probed after an outage.
 */
import { waitUntil } from "cloudflare:workers";
import { record } from "../events.ts";
import type { Account } from "./account.ts";
import { requestEnded, requestStarted } from "./activity.ts";
import { callKeeper } from "./call-keeper.ts";
import { keyIdsOf } from "./choose.ts";

export interface AccountLease {
  /** Releases the lease and books what the request cost at the account. Safe to call twice; never rejects. */
  release: (costNanos: number) => Promise<void>;
  /** Call every few minutes while the request is in flight: a lease lapses after 15. Never rejects. */
  renew: () => Promise<void>;
}

/** The request that asks for a lease. */
export interface LeaseInput {
  id: string;
  family: string | null;
  /** The account comes out of an outage, and this request probes it. */
  probe: boolean;
  /** False for requests that use nothing up: they take no slot. */
  counted: boolean;
  /** What the account is charged if the lease lapses before it is released. */
  estimateNanos: number;
}

/** No pause: a client waits. An object that restarts answers the second time. */
const ACQUIRE_PAUSES_MS = [0, 0];
const RELEASE_PAUSES_MS = [0, 50, 250, 1_000, 5_000];

/** A lease of the account; null if the account is busy, over its quota, or being probed by another request. */
export async function leaseAccount(env: Env, account: Account, input: LeaseInput): Promise<AccountLease | null> {
  const { maxConcurrency, dailyQuotaNanos, quotaResetHour } = account;
  const { id, family, probe, counted, estimateNanos } = input;
  const needsKeeper = counted && (maxConcurrency !== null || dailyQuotaNanos !== null || probe);
  const releaseAtKeeper = async (costNanos: number) => {
    try {
      await callKeeper(env, account.id, RELEASE_PAUSES_MS, (keeper) => keeper.release(id, costNanos, quotaResetHour));
    } catch (error) {
      record({ event: "account_lease_not_given_back", account: account.id, error });
    }
  };
  if (needsKeeper) {
    try {
      const limits = { maxConcurrency, dailyQuotaNanos, quotaResetHour };
      const probing = probe ? { family, keyIds: keyIdsOf(account) } : null;
      const grant = await callKeeper(env, account.id, ACQUIRE_PAUSES_MS, (keeper) =>
        keeper.acquire(id, limits, probing, estimateNanos),
      );
      if (grant !== "granted") return null;
    } catch (error) {
      // The limit is exact, so no answer means no lease; the next account may do. But a grant may have been lost on its way here.
      record({ event: "keeper_unreachable", account: account.id, error });
      waitUntil(releaseAtKeeper(0));
      return null;
    }
  }
  requestStarted(account.id);
  let released = false;
  return {
    release: async (costNanos) => {
      if (released) return;
      released = true;
      requestEnded(account.id);
      if (needsKeeper) await releaseAtKeeper(costNanos);
    },
    renew: async () => {
      if (!needsKeeper || released) return;
      try {
        await callKeeper(env, account.id, ACQUIRE_PAUSES_MS, (keeper) => keeper.renew(id));
      } catch (error) {
        record({ event: "account_lease_not_renewed", account: account.id, error });
      }
    },
  };
}
