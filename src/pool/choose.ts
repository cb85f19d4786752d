/**
 * Which accounts may serve a request, best first. Pure: the pool, what is asked, and what this isolate remembers go
 * in, an order comes out.
 */

import { usedAt } from "../providers/headroom.ts";
import type { Platform, Protocol } from "../vocabulary.ts";
import type { Account } from "./account.ts";
import { type AccountHealth, isUsable, usableKeys } from "./health.ts";
import { withoutGuesses } from "./last-resort.ts";
import { servesModel, upstreamModel } from "./models.ts";
import type { Pool } from "./pool.ts";
import { orderBy, type Strategy } from "./strategy.ts";

export interface Wanted {
  /** The first of these that has an account for the request serves it. */
  platforms: readonly Platform[];
  protocol: Protocol;
  model: string;
  /** Models that may answer a part of it; null for one that the provider chooses. */
  otherModels?: readonly (string | null)[];
  boundAccountId: string | null;
  boundGroupId: string | null;
  /** The account that this session used last. */
  stickyAccountId: string | null;
  /** The conversation, where it is known. */
  session: string | null;
}

/** What is remembered about the use of accounts. */
export interface Memory {
  inFlightOf: (accountId: string) => number;
  lastChosenOf: (accountId: string) => number;
}

export interface Candidate {
  account: Account;
  /** Its keys that may be tried, in order. */
  keyIds: string[];
  /** The account comes out of an outage: one request may try it before it is used in full again. */
  probe: boolean;
}

export type FamilyOf = (platform: Platform, model: string) => string | null;

/**
 * The usable accounts in the order in which they should be tried. The session's account comes first while it is
 * usable: a provider's prompt cache lives on the account that wrote it. Behind them come those that have stepped aside
 * on a guess of ours: nobody is refused on a guess while there is an account left to ask.
 */
export function rankAccounts(
  pool: Pool,
  wanted: Wanted,
  memory: Memory,
  familyOf: FamilyOf,
  now: number,
  random: () => number,
): Candidate[] {
  const eligible = eligibleAccounts(pool, wanted, now);
  const group = wanted.boundGroupId === null ? null : pool.groups.get(wanted.boundGroupId);
  const strategy = group?.strategy ?? pool.strategy;
  const keysOf = (account: Account) => keysInTurn(strategy, account, wanted.session, memory.lastChosenOf(account.id));
  const look = (accounts: readonly Account[], seen: (health: AccountHealth) => AccountHealth) =>
    candidatesOf(accounts, keysOf, pool, wanted.model, familyOf, now, seen);
  const usable = look(eligible, (health) => health);
  // Of an account that is to be probed, all but one request find it taken.
  const free = new Set(usable.filter(({ probe }) => !probe).map(({ account }) => account.id));
  const stepped = eligible.filter(({ id }) => !free.has(id));
  const lastResort = look(stepped, withoutGuesses);

  const inOrder = (candidates: Candidate[]) => {
    const contenders = candidates.map((candidate) => {
      const { id, priority, weight } = candidate.account;
      const used = usedAt(pool.health.get(id)?.headroom ?? null, now);
      const remembered = { inFlight: memory.inFlightOf(id), lastChosen: memory.lastChosenOf(id) };
      return { id, priority, weight, used, ...remembered, candidate };
    });
    return orderBy(strategy, contenders, random).map(({ candidate }) => candidate);
  };
  const ordered = inOrder(usable);
  const sticky = ordered.findIndex(({ account, probe }) => account.id === wanted.stickyAccountId && !probe);
  if (sticky > 0) ordered.unshift(...ordered.splice(sticky, 1));
  return [...ordered, ...inOrder(lastResort)];
}

function candidatesOf(
  accounts: readonly Account[],
  keysOf: (account: Account) => string[],
  pool: Pool,
  model: string,
  familyOf: FamilyOf,
  now: number,
  seen: (health: AccountHealth) => AccountHealth,
): Candidate[] {
  return accounts.flatMap((account) => {
    const all = keysOf(account);
    const health = pool.health.get(account.id);
    // Nearly every account, nearly always: nothing is known against it.
    if (!health) return [{ account, keyIds: all, probe: false }];
    const family = familyOf(account.platform, upstreamModel(account, model));
    const usable = isUsable(seen(health), family, now, all);
    const keyIds = usableKeys(seen(health), family, now, all);
    return usable === "no" ? [] : [{ account, keyIds, probe: usable === "probe" }];
  });
}

/** Accounts that could serve the request if they were well: platform, binding, model, schedule and expiry. */
export function eligibleAccounts(pool: Pool, wanted: Wanted, now: number): Account[] {
  const { platforms, protocol, model, boundAccountId, boundGroupId } = wanted;
  // A key bound to a group that is gone has no accounts, rather than everybody's.
  const members = boundGroupId === null ? null : (pool.groups.get(boundGroupId)?.members ?? new Set<string>());
  const eligible = pool.accounts.filter(
    (account) =>
      platforms.includes(account.platform) &&
      (account.protocols.length === 0 || account.protocols.includes(protocol)) &&
      account.schedulable &&
      account.apiKeys.length > 0 &&
      (account.expiresAt === null || now < account.expiresAt) &&
      (boundAccountId === null || account.id === boundAccountId) &&
      (members === null || members.has(account.id)) &&
      (model === "" || servesModel(account, model)) &&
      (wanted.otherModels ?? []).every((other) => other === null || servesModel(account, other)),
  );
  const platform = platforms.find((each) => eligible.some((account) => account.platform === each));
  return eligible.filter((account) => account.platform === platform);
}

/**
 * The account's keys in the order in which to try them. They take turns, except under `failover`; but the requests of
 * one session begin with the same key, since keys of different organisations do not share a prompt cache.
 */
function keysInTurn(strategy: Strategy, account: Account, session: string | null, turn: number): string[] {
  const ids = keyIdsOf(account);
  if (strategy === "failover" || ids.length < 2) return ids;
  const start = (session === null ? turn : hashOf(session)) % ids.length;
  return [...ids.slice(start), ...ids.slice(0, start)];
}

/** A small stable number for a session's id. */
function hashOf(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) >>> 0;
  return hash;
}

/** The ids under which the health of an account's keys is remembered. */
export function keyIdsOf(account: Account): string[] {
  return account.apiKeys.map((key) => key.id);
}
