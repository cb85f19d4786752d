/**
 * The limits of a key, as pure functions over its state: no storage, no clock, no environment. What becomes of a lease once it is
 * granted is in `leases.ts`. Costs are in nano-dollars, times in milliseconds since the epoch.
 *
 * The rule for what is known only afterwards (money, tokens): with nothing else in flight, a request is admitted while spending is
 * below the limit; beside others, only if the worst case of all of them fits. So a limit is overrun by at most one request, however
 * many arrive at once.
 */
import type { Allowance } from "../ground/allowance.ts";
import { type Clock, dayStart, weekStart } from "../ground/calendar.ts";
import { DAY_MS, LEASE_TTL_MS, WEEK_MS } from "../ground/durations.ts";
import type { KeyPolicy } from "../keys/policy.ts";
import type { Refusal } from "../refusal.ts";
import type { Entry } from "../store/entry.ts";
import { NO_USAGE, type Result, type Usage, usageOfFields } from "../vocabulary.ts";

/** The right to have one request in flight. Whoever holds it must settle it; if nobody does, it lapses. */
export interface Lease {
  id: string;
  /** The number of the grant. It tells a settlement that comes twice from one whose lease was lost in a crash. */
  grant: number;
  expiresAt: number;
  /** The most this request can cost and use: reserved while it is in flight. */
  worstNanos: number;
  worstTokens: number;
  /** What is booked if it lapses, at the price that this key pays. */
  estimate: Entry | null;
}

/** A lease that has lapsed, and what was booked for it: a settlement that comes late corrects that. */
export interface Lapsed {
  id: string;
  at: number;
  /** Null: nothing was booked. */
  booked: Spent | null;
}

/** What a request asks the limits for. */
export interface LimitInput {
  leaseId: string;
  worstNanos: number;
  worstTokens: number;
  estimate: Entry | null;
}

export interface Totals {
  requests: number;
  usage: Usage;
  costNanos: number;
}

export interface LimitState {
  leases: Lease[];
  /** The number of the last grant. */
  grants: number;
  /**
   * Ranges of grants, oldest first, that the object may have made and forgotten, because an admission is stored a moment after it
   * is answered. Only a settlement of one of these is booked without its lease, once.
   */
  forgotten: [from: number, to: number][];
  /** The grants in these ranges that were settled. */
  forgottenSettled: number[];
  /** The leases that lapsed last, oldest first. */
  lapsed: Lapsed[];
  firstUsedAt: number | null;
  window: { startedAt: number; requests: number; tokens: number; costNanos: number };
  day: { startedAt: number; costNanos: number };
  week: { startedAt: number; costNanos: number };
  totals: Totals;
}

/** What a settled request used, at the price that this key pays. */
export interface Spent {
  usage: Usage;
  costNanos: number;
}

/** More than a personal relay ever has in flight under one key. It keeps the stored state below the 2 MB that a value may have. */
export const IN_FLIGHT_MAX = 500;

export const NEW_STATE: LimitState = {
  leases: [],
  grants: 0,
  forgotten: [],
  forgottenSettled: [],
  lapsed: [],
  firstUsedAt: null,
  window: { startedAt: 0, requests: 0, tokens: 0, costNanos: 0 },
  day: { startedAt: 0, costNanos: 0 },
  week: { startedAt: 0, costNanos: 0 },
  totals: { requests: 0, usage: NO_USAGE, costNanos: 0 },
};

/**
 * Admits one request, or says which limit it meets. Leases whose time is over still count: book them first (`lapse`).
 */
export function admit(
  before: LimitState,
  policy: KeyPolicy,
  input: LimitInput,
  clock: Clock,
): Result<{ state: LimitState; lease: Lease }, Refusal> {
  const { now } = clock;
  const state = roll(before, policy, clock);
  // A repeated call: the object restarted before its first answer arrived.
  const open = state.leases.find((lease) => lease.id === input.leaseId);
  if (open) return { ok: true, value: { state, lease: open } };
  const refusal = expiryRefusal(state, policy, now) ?? limitRefusal(state, policy, input, clock);
  if (refusal) return { ok: false, refusal };
  const lease: Lease = {
    id: input.leaseId,
    grant: state.grants + 1,
    expiresAt: now + LEASE_TTL_MS,
    worstNanos: input.worstNanos,
    worstTokens: input.worstTokens,
    estimate: input.estimate,
  };
  const window = { ...state.window, requests: state.window.requests + 1 };
  const leases = [...state.leases, lease];
  const granted = { leases, grants: lease.grant, firstUsedAt: state.firstUsedAt ?? now, window };
  return { ok: true, value: { lease, state: { ...state, ...granted } } };
}

/** Each limit that the policy sets on requests, tokens and cost, with what is used of it. */
export function allowancesOf(before: LimitState, policy: KeyPolicy, clock: Clock): Allowance[] {
  const { window, day, week, totals } = roll(before, policy, clock);
  const windowEnd = policy.windowMs === null ? null : window.startedAt + policy.windowMs;
  const all: [Allowance["of"], number | null, number, number | null][] = [
    ["window_requests", windowEnd && policy.windowRequests, window.requests, windowEnd],
    ["window_tokens", windowEnd && policy.windowTokens, window.tokens, windowEnd],
    ["window_cost", windowEnd && policy.windowCostNanos, window.costNanos, windowEnd],
    ["daily_cost", policy.dailyCostNanos, day.costNanos, day.startedAt + DAY_MS],
    ["weekly_cost", policy.weeklyCostNanos, week.costNanos, week.startedAt + WEEK_MS],
    ["total_cost", policy.totalCostNanos, totals.costNanos, null],
    ["total_tokens", policy.totalTokens, tokensOf(totals.usage), null],
  ];
  return all.flatMap(([of, limit, used, resetAt]) => (limit === null ? [] : [{ of, limit, used, resetAt }]));
}

/** How long a settlement may wait if no limit is near. Production ends `waitUntil` 30 s after the answer. */
const SETTLE_WITHIN_MS = 10_000;
/** A limit is near if this share of it is used, or if this many times the worst case of what is in flight no longer fits. */
const NEAR = 0.9;
const NEAR_TIMES = 4;
/** Concurrency is near its limit if this many times the requests in flight do not fit: a burst fills slots while a settlement waits. */
const FREE_SLOTS_TIMES = 8;

/**
 * How long the settlements of this key may wait, in milliseconds: not at all if a request in flight could keep another one from being
 * admitted meanwhile, so that waiting makes no limit less exact. `state` includes the request that asks.
 */
export function settleWithin(state: LimitState, policy: KeyPolicy, allowances: readonly Allowance[]): number {
  if (state.leases.length * FREE_SLOTS_TIMES > slotsOf(policy)) return 0;
  const nanos = sum(state.leases.map((lease) => lease.worstNanos));
  const tokens = sum(state.leases.map((lease) => lease.worstTokens));
  const near = allowances.some(({ of, limit, used }) => {
    // Requests count when they are admitted.
    if (of === "window_requests") return false;
    const worst = of === "window_tokens" || of === "total_tokens" ? tokens : nanos;
    return used > limit * NEAR || used + worst * NEAR_TIMES > limit;
  });
  return near ? 0 : SETTLE_WITHIN_MS;
}

/** How many requests may be in flight. */
function slotsOf(policy: KeyPolicy): number {
  return Math.min(policy.concurrency ?? IN_FLIGHT_MAX, IN_FLIGHT_MAX);
}

/** When the key stops working, or null. A fixed date wins over a lifetime from the first use. */
export function expiryOf(state: LimitState, policy: KeyPolicy): number | null {
  if (policy.expiresAt !== null) return policy.expiresAt;
  if (policy.activationMs === null || state.firstUsedAt === null) return null;
  return state.firstUsedAt + policy.activationMs;
}

/** Refuses an expired key; also for requests that need no lease. */
export function expiryRefusal(state: LimitState, policy: KeyPolicy, now: number): Refusal | null {
  const at = expiryOf(state, policy);
  return at !== null && now >= at ? { reason: "key_expired", at } : null;
}

/** The refusal of a request while nothing else of the key is in flight; null: it would be admitted. */
export function refusalAlone(before: LimitState, policy: KeyPolicy, clock: Clock): Refusal | null {
  const state = { ...roll(before, policy, clock), leases: [] };
  const nothing = { leaseId: "", worstNanos: 0, worstTokens: 0, estimate: null };
  return expiryRefusal(state, policy, clock.now) ?? limitRefusal(state, policy, nothing, clock);
}

/** The state as it is now: ended windows, days and weeks started anew. */
export function roll(state: LimitState, policy: KeyPolicy, { now, offsetHours }: Clock): LimitState {
  const day = dayStart(now, offsetHours);
  const week = weekStart(now, offsetHours, policy.weeklyResetDay, policy.weeklyResetHour);
  const windowOver = now >= state.window.startedAt + (policy.windowMs ?? 0);
  return {
    ...state,
    window: windowOver ? { startedAt: now, requests: 0, tokens: 0, costNanos: 0 } : state.window,
    day: state.day.startedAt < day ? { startedAt: day, costNanos: 0 } : state.day,
    week: state.week.startedAt < week ? { startedAt: week, costNanos: 0 } : state.week,
  };
}

/** All tokens of a usage. Reasoning is part of the output. */
export function tokensOf(usage: Usage): number {
  return usage.input + usage.cacheWrite5m + usage.cacheWrite1h + usage.cacheRead + usage.output;
}

/** The sum of both. A usage that was stored before a count existed lacks it; it is 0 then. */
export function addUsage(a: Partial<Usage>, b: Partial<Usage>): Usage {
  return usageOfFields((field) => (a[field] ?? 0) + (b[field] ?? 0));
}

function limitRefusal(
  state: LimitState,
  policy: KeyPolicy,
  input: LimitInput,
  { now, offsetHours }: Clock,
): Refusal | null {
  const { leases, window } = state;
  const slots = slotsOf(policy);
  if (leases.length >= slots) return { reason: "concurrency", limit: slots };
  const worstNanos = input.worstNanos + sum(leases.map((lease) => lease.worstNanos));
  const worstTokens = input.worstTokens + sum(leases.map((lease) => lease.worstTokens));
  const alone = leases.length === 0;
  const nanos = (spent: number, limit: number) => roomFor(spent, limit, worstNanos, alone);
  const tokens = (spent: number, limit: number) => roomFor(spent, limit, worstTokens, alone);

  if (policy.windowMs !== null) {
    const { windowMs } = policy;
    const resetAt = window.startedAt + windowMs;
    const full = (of: "requests" | "tokens" | "cost", limit: number): Refusal => ({
      reason: "window",
      of,
      limit,
      windowMs,
      resetAt,
    });
    if (policy.windowRequests !== null && window.requests >= policy.windowRequests) {
      return full("requests", policy.windowRequests);
    }
    if (policy.windowTokens !== null) {
      const answer = tokens(window.tokens, policy.windowTokens);
      if (answer === "spent") return full("tokens", policy.windowTokens);
      if (answer === "reserved") return { reason: "in_flight_reserved", what: "this window's token limit" };
    }
    if (policy.windowCostNanos !== null) {
      const answer = nanos(window.costNanos, policy.windowCostNanos);
      if (answer === "spent") return full("cost", policy.windowCostNanos);
      if (answer === "reserved") return { reason: "in_flight_reserved", what: "this window's cost limit" };
    }
  }

  const day = dayStart(now, offsetHours);
  const week = weekStart(now, offsetHours, policy.weeklyResetDay, policy.weeklyResetHour);
  const budgets = [
    { of: "day", spent: state.day.costNanos, limit: policy.dailyCostNanos, resetAt: day + DAY_MS },
    { of: "week", spent: state.week.costNanos, limit: policy.weeklyCostNanos, resetAt: week + WEEK_MS },
    { of: "total", spent: state.totals.costNanos, limit: policy.totalCostNanos, resetAt: null },
  ] as const;
  for (const { of, spent, limit, resetAt } of budgets) {
    if (limit === null) continue;
    const answer = nanos(spent, limit);
    if (answer === "spent") return { reason: "budget", of, limitNanos: limit, resetAt };
    if (answer === "reserved") return { reason: "in_flight_reserved", what: `the ${of} cost limit` };
  }
  if (policy.totalTokens !== null) {
    const answer = tokens(tokensOf(state.totals.usage), policy.totalTokens);
    if (answer === "spent") return { reason: "token_budget", limit: policy.totalTokens };
    if (answer === "reserved") return { reason: "in_flight_reserved", what: "the total token limit" };
  }
  return null;
}

function roomFor(spent: number, limit: number, worst: number, alone: boolean): "free" | "spent" | "reserved" {
  if (spent >= limit) return "spent";
  return alone || spent + worst <= limit ? "free" : "reserved";
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
