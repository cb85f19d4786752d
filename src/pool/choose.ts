/**
 * Which accounts may serve a request, best first. Pure: the pool, what is asked, and what this isolate remembers go
 * in, an order comes out.
 */
import type { Account, Pool } from "../store/snapshot.ts";
import type { Platform } from "../vocabulary.ts";
import { isUsable } from "./health.ts";
import { servesModel, upstreamModel } from "./models.ts";
import { orderBy } from "./strategy.ts";

export interface Wanted {
  platform: Platform;
  model: string;
  boundAccountId: string | null;
  boundGroupId: string | null;
  /** The account that this session used last. */
  stickyAccountId: string | null;
}

/** What is remembered about the use of accounts. */
export interface Memory {
  inFlightOf: (accountId: string) => number;
  lastChosenOf: (accountId: string) => number;
}

export interface Candidate {
  account: Account;
  /** The account comes out of a fault: one request may try it before it is used in full again. */
  probe: boolean;
}

/**
 * The usable accounts in the order in which they should be tried. The session's account comes first while it is
 * usable: a provider's prompt cache lives on the account that wrote it.
 */
export function rankAccounts(
  pool: Pool,
  wanted: Wanted,
  memory: Memory,
  familyOf: (platform: Platform, model: string) => string | null,
  now: number,
  random: () => number,
): Candidate[] {
  const group = wanted.boundGroupId === null ? null : pool.groups.get(wanted.boundGroupId);
  const candidates: Candidate[] = [];
  for (const account of eligibleAccounts(pool, wanted, now)) {
    const health = pool.health.get(account.id);
    const family = familyOf(account.platform, upstreamModel(account, wanted.model));
    const usable = health ? isUsable(health, family, now) : "yes";
    if (usable !== "no") candidates.push({ account, probe: usable === "probe" });
  }
  const contenders = candidates.map((candidate) => {
    const { id, priority, weight } = candidate.account;
    const used = headroomUsed(pool, id, now);
    return {
      id,
      priority,
      weight,
      used,
      inFlight: memory.inFlightOf(id),
      lastChosen: memory.lastChosenOf(id),
      candidate,
    };
  });
  const ordered = orderBy(group?.strategy ?? pool.strategy, contenders, random).map(({ candidate }) => candidate);
  const sticky = ordered.findIndex(({ account, probe }) => account.id === wanted.stickyAccountId && !probe);
  if (sticky > 0) ordered.unshift(...ordered.splice(sticky, 1));
  return ordered;
}

/** Accounts that could serve the request if they were well: platform, binding, model, schedule and expiry. */
export function eligibleAccounts(pool: Pool, wanted: Wanted, now: number): Account[] {
  const { platform, model, boundAccountId, boundGroupId } = wanted;
  // A key bound to a group that is gone has no accounts, rather than everybody's.
  const members = boundGroupId === null ? null : (pool.groups.get(boundGroupId)?.members ?? new Set<string>());
  return pool.accounts.filter(
    (account) =>
      account.platform === platform &&
      account.schedulable &&
      account.apiKeys.length > 0 &&
      (account.expiresAt === null || now < account.expiresAt) &&
      (boundAccountId === null || account.id === boundAccountId) &&
      (members === null || members.has(account.id)) &&
      servesModel(account, model),
  );
}

/** How much of the provider's tightest window is used; nothing is known once that window has been reset. */
function headroomUsed(pool: Pool, accountId: string, now: number): number {
  const headroom = pool.health.get(accountId)?.headroom;
  if (!headroom || (headroom.resetsAt !== null && headroom.resetsAt <= now)) return 0;
  return headroom.used;
}
