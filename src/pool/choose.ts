/**
 * Which accounts may serve a request, best first. Pure: the pool, what is asked, and what this isolate remembers go in, and
 * an order comes out.
 */
import { tightestWindow, usedAt } from "../providers/quota/windows.ts";
import type { Platform } from "../vocabulary.ts";
import type { Account } from "./account.ts";
import { withoutGuessedCooldowns } from "./guessed-cooldowns.ts";
import { type AccountHealth, isUsable, usableKeys } from "./health.ts";
import { deniesModel } from "./models.ts";
import { EMPTY_POOL, type Pool } from "./pool.ts";
import { orderBy, type Strategy } from "./strategy.ts";
import { isOfficial, type Target, type TargetCriteria, targetsOf } from "./target.ts";

/** What is asked of the pool, and what the key's admission says of it. */
export interface ChoiceCriteria extends TargetCriteria {
  boundAccountId: string | null;
  boundGroupId: string | null;
  /** The account that this session used last. */
  stickyAccountId: string | null;
  /** Whose key it is; null if that is not known. */
  owner: string | null;
  /** The account that has the stored response that the request asks for or goes on from; null if there is none. */
  responseAccountId: string | null;
  /** The conversation; null if it is not known. */
  session: string | null;
  /** The models that the key may not use, not even by an alias. */
  deniedModels?: readonly string[];
}

/** What there is to choose from. */
export interface Choice {
  pool: Pool;
  /** The targets in the pool that may serve the request (`targetsOf`). */
  targets: readonly Target[];
  criteria: ChoiceCriteria;
}

/** What this isolate remembers about the use of accounts (activity.ts). */
export interface AccountActivity {
  inFlightOf: (accountId: string) => number;
  lastChosenOf: (accountId: string) => number;
}

/** A target that may be tried now. */
export interface Candidate extends Target {
  /** Its keys that may be tried, in order. */
  keyIds: string[];
  /** The account comes out of an outage: one request must try it before it is used freely again. */
  probe: boolean;
}

/**
 * The usable targets in the order in which they should be tried. The session's account comes first while it is
 * usable: a provider's prompt cache lives on the account that wrote it. After the usable ones come those whose cooldown is
 * only a guess: no request is refused on a guess while there is an account left to ask. Last come those that probably
 * lack the model.
 */
export function rankTargets(choice: Choice, activity: AccountActivity, now: number, random: () => number): Candidate[] {
  const ranked = tiersOf(choice, now).flatMap((targets) => ranking(choice, targets, activity, now, random));
  // No other account has the response.
  const only = choice.criteria.responseAccountId;
  return only === null ? ranked : ranked.filter(({ account }) => account.id === only);
}

function ranking(
  { pool, criteria }: Choice,
  eligible: readonly Target[],
  activity: AccountActivity,
  now: number,
  random: () => number,
): Candidate[] {
  const step = criteria.chain?.[eligible[0]?.step ?? 0];
  const group = step?.group ?? (criteria.boundGroupId === null ? null : pool.groups.get(criteria.boundGroupId));
  const strategy = group?.strategy ?? pool.strategy;
  const candidatesOf = (targets: readonly Target[], view: (health: AccountHealth) => AccountHealth) =>
    targets.flatMap((target): Candidate[] => {
      const { account, family } = target;
      const all = keysInTurn(strategy, account, criteria.session, activity.lastChosenOf(account.id));
      const known = pool.health.get(account.id);
      // The usual case: nothing is known against the account.
      if (!known) return [{ ...target, keyIds: all, probe: false }];
      const health = view(known);
      const usable = isUsable(health, family, now, all);
      if (usable === "no") return [];
      return [{ ...target, keyIds: usableKeys(health, family, now, all), probe: usable === "probe" }];
    });
  const usable = candidatesOf(eligible, (health) => health);
  // An account that waits for its probe takes one request. For all other requests it is a fallback.
  const free = new Set(usable.filter(({ probe }) => !probe).map(({ account }) => account.id));
  const unavailable = eligible.filter(({ account }) => !free.has(account.id));
  const fallback = candidatesOf(unavailable, withoutGuessedCooldowns);

  const inOrder = (candidates: Candidate[]) => {
    const contenders = candidates.map((candidate) => {
      const { id, priority, weight } = candidate.account;
      const tightest = tightestWindow(pool.health.get(id)?.quota, candidate.family, now);
      const used = tightest ? usedAt(tightest, now) : 0;
      const remembered = { inFlight: activity.inFlightOf(id), lastChosen: activity.lastChosenOf(id) };
      const native = !candidate.lane.translates;
      return { id, priority, weight, native, used, ...remembered, candidate };
    });
    return orderBy(strategy, contenders, random).map(({ candidate }) => candidate);
  };
  const ordered = inOrder(usable);
  const sticky = ordered.findIndex(({ account, probe }) => account.id === criteria.stickyAccountId && !probe);
  if (sticky > 0) ordered.unshift(...ordered.splice(sticky, 1));
  return [...ordered, ...inOrder(fallback)];
}

/**
 * The targets that could serve this key if all accounts were healthy: on a platform that the key may use, among those that it is bound
 * to, not expired, and nobody else's own (with `anyOwner` it does not matter whose they are).
 */
export function eligibleTargets(choice: Choice, now: number, anyOwner = false): Target[] {
  return tiersOf(choice, now, anyOwner).flat();
}

/** The same in tiers, best first: one step of an alias after the other, and in each step those that probably lack the model last. */
function tiersOf({ pool, targets, criteria }: Choice, now: number, anyOwner = false): Target[][] {
  const { own, boundGroupId } = criteria;
  const members = boundGroupId === null ? null : membersOf(pool, boundGroupId);
  const eligible = targets.filter((target) => ineligible(target, criteria, members, now, anyOwner) === null);
  const steps = new Set(eligible.map(({ step }) => step));
  return [...steps].flatMap((step) => {
    const at = eligible.filter((target) => target.step === step);
    const first = own.find((each) => at.some(({ account }) => account.platform === each));
    const serving = at.filter(({ account }) => account.platform === first || !own.includes(account.platform));
    const { likely, unlikely } = byLikelihood(serving, own);
    // A provider's own address has no models of others, and its "not found" would hide that the others are only busy.
    return [likely, unlikely.filter(({ account }) => !isOfficial(account))].filter((tier) => tier.length > 0);
  });
}

/** The accounts of a group. A key that is bound to a deleted group gets none, rather than everybody's. */
function membersOf(pool: Pool, groupId: string): ReadonlySet<string> {
  return pool.groups.get(groupId)?.members ?? new Set();
}

/** Why a target could not serve this key, even if all accounts were healthy. */
export type Ineligible =
  /** The key may not use the account's platform, or the model that an alias leads to there. */
  | "platform_denied"
  | "model_denied"
  /** None of its keys opens, or it has none. */
  | "no_key"
  /** It is somebody else's own. */
  | "other_owner"
  | "expired"
  /** The key is bound to another account, or to a group that it is not in. */
  | "key_bound_to_other_account"
  | "key_bound_to_other_group";

/** `members`: the accounts of the group that the key is bound to; null: it is bound to none. */
function ineligible(
  { account, asked }: Target,
  { platforms, chain, deniedModels = [], owner, boundAccountId }: ChoiceCriteria,
  members: ReadonlySet<string> | null,
  now: number,
  anyOwner: boolean,
): Ineligible | null {
  if (!platforms.includes(account.platform)) return "platform_denied";
  if (account.apiKeys.length === 0) return "no_key";
  // The gate has already checked the name that the client used; an alias leads to other names.
  if (chain && deniesModel(deniedModels, asked)) return "model_denied";
  if (!anyOwner && !servesOwner(account, owner)) return "other_owner";
  if (account.expiresAt !== null && now >= account.expiresAt) return "expired";
  if (boundAccountId !== null && account.id !== boundAccountId) return "key_bound_to_other_account";
  return members === null || members.has(account.id) ? null : "key_bound_to_other_group";
}

/** Why an account that fits the request is not among those that a choice ranks; null if it is among them. */
export function whyIneligible({ pool, targets, criteria }: Choice, accountId: string, now: number): Ineligible | null {
  const { boundGroupId } = criteria;
  const members = boundGroupId === null ? null : membersOf(pool, boundGroupId);
  const own = targets.filter(({ account }) => account.id === accountId);
  const reasons = own.map((target) => ineligible(target, criteria, members, now, false));
  return reasons.includes(null) ? null : (reasons[0] ?? null);
}

/**
 * Accounts of the path's own platforms are asked for any model. But if an account of another platform claims the model, those that do
 * not claim it probably lack it.
 */
function byLikelihood(targets: readonly Target[], own: readonly Platform[]): { likely: Target[]; unlikely: Target[] } {
  const claimed = targets.some(({ account, claims }) => claims && !own.includes(account.platform));
  const unlikely = claimed ? targets.filter(({ claims }) => !claims) : [];
  return { likely: targets.filter((target) => !unlikely.includes(target)), unlikely };
}

/** An account that somebody has signed in to is theirs, and serves others only if that was chosen. */
function servesOwner({ kind, shared, owner }: Account, asking: string | null): boolean {
  return !kind.oauth || shared || owner === asking;
}

/**
 * The platforms whose accounts could serve the request, in the order in which they are asked; the key's permissions are checked for
 * these. The path's own platforms are among them. If it is not known which accounts there are, all others are too.
 */
export function platformsOf(
  pool: Pool,
  targets: readonly Target[],
  criteria: TargetCriteria,
): [Platform, ...Platform[]] {
  const { own, platforms } = criteria;
  // If no account serves this client, the refusal speaks of the platforms that serve another one.
  const known = targets.length > 0 ? targets : targetsOf(pool.accounts, { ...criteria, client: null });
  const serving = new Set(byLikelihood(known, own).likely.map(({ account }) => account.platform));
  const likely = [...own.filter((platform) => serving.has(platform)), ...serving];
  const [first = own[0], ...others] = new Set([...likely, ...own, ...(pool === EMPTY_POOL ? platforms : [])]);
  return [first, ...others];
}

/**
 * The account's keys in the order in which to try them. They take turns, except under `failover`. The requests of one session
 * always begin with the same key, because keys of different organisations do not share a prompt cache.
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
