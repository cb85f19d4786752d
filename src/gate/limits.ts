/**
 * The limits of a key, as pure functions over its state: no storage, no clock, no environment.
 *
 *   admit(state, policy, ask, now)  →  state' + lease | refusal
 *   settle(state, lease, spent, now) →  state'
 *
 * The rule for whatever is only known afterwards (money, tokens): with nothing else in flight a request is admitted
 * while spending is below the limit; beside others only if the worst case of all of them fits. So a limit is overrun
 * by at most one request, however many arrive at once.
 */
import type { Refusal } from "../refusal.ts";
import { NO_USAGE, type Result, type Usage, usageOfFields } from "../vocabulary.ts";
import { dayStart, weekStart } from "./calendar.ts";
import type { KeyPolicy } from "./policy.ts";

/** The right to have one request in flight. Whoever holds it must settle it; unsettled it lapses by itself. */
export interface Lease {
  id: string;
  expiresAt: number;
  /** The most this request can cost and use: reserved while it is in flight. */
  worstNanos: number;
  worstTokens: number;
}

/** What a request asks the limits for. */
export interface LimitAsk {
  leaseId: string;
  worstNanos: number;
  worstTokens: number;
}

/** One limit of a key: money in nano-dollars, times in milliseconds since the epoch. */
export interface Allowance {
  of:
    | "window_requests"
    | "window_tokens"
    | "window_cost"
    | "daily_cost"
    | "weekly_cost"
    | "total_cost"
    | "total_tokens";
  limit: number;
  used: number;
  /** Null: it does not come back. */
  resetAt: number | null;
}

export interface Totals {
  requests: number;
  usage: Usage;
  costNanos: number;
}

export interface LimitState {
  leases: Lease[];
  /**
   * The tails of the lease ids settled last, oldest first. Only these are known repetitions: a lease may be gone from
   * `leases` because it lapsed, or because the object restarted before it was stored, and is then booked all the same.
   * One string with a space behind each: it is stored with every request, and a list of 256 costs ten times as much.
   */
  settled: string;
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

const DAY_MS = 86_400_000;
/** Longer than nearly every stream; what a crash leaves behind blocks a slot no longer than this. */
export const LEASE_TTL_MS = 15 * 60_000;
/** A settlement is repeated for a few seconds at most; this many others of one key do not end in that time. */
const SETTLED_MAX = 256;
/** Ids are random hex; 48 bits of one tell 256 apart, and keep the stored state small. */
const TAIL_LENGTH = 12;

export const NEW_STATE: LimitState = {
  leases: [],
  settled: "",
  firstUsedAt: null,
  window: { startedAt: 0, requests: 0, tokens: 0, costNanos: 0 },
  day: { startedAt: 0, costNanos: 0 },
  week: { startedAt: 0, costNanos: 0 },
  totals: { requests: 0, usage: NO_USAGE, costNanos: 0 },
};

/** Admits one request, or says which limit it meets. `now` in milliseconds; `offsetHours` is TIMEZONE_OFFSET. */
export function admit(
  before: LimitState,
  policy: KeyPolicy,
  ask: LimitAsk,
  now: number,
  offsetHours: number,
): Result<{ state: LimitState; lease: Lease }, Refusal> {
  const state = roll(before, policy, now, offsetHours);
  // The same question again: the object restarted before its first answer arrived.
  const held = state.leases.find((lease) => lease.id === ask.leaseId);
  if (held) return { ok: true, value: { state, lease: held } };
  const refusal = expiryRefusal(state, policy, now) ?? limitRefusal(state, policy, ask, now, offsetHours);
  if (refusal) return { ok: false, refusal };
  const lease: Lease = {
    id: ask.leaseId,
    expiresAt: now + LEASE_TTL_MS,
    worstNanos: ask.worstNanos,
    worstTokens: ask.worstTokens,
  };
  return {
    ok: true,
    value: {
      lease,
      state: {
        ...state,
        leases: [...state.leases, lease],
        firstUsedAt: state.firstUsedAt ?? now,
        window: { ...state.window, requests: state.window.requests + 1 },
      },
    },
  };
}

/** Books a request and frees its lease; null when this lease was settled before, so that nothing is booked twice. */
export function settle(
  before: LimitState,
  policy: KeyPolicy,
  leaseId: string,
  spent: Spent,
  now: number,
  offsetHours: number,
): LimitState | null {
  const tail = `${leaseId.slice(-TAIL_LENGTH)} `;
  if (before.settled.includes(tail)) return null;
  const state = roll(before, policy, now, offsetHours);
  const tokens = tokensOf(spent.usage);
  return {
    ...state,
    leases: state.leases.filter((lease) => lease.id !== leaseId),
    settled: (state.settled + tail).slice(-SETTLED_MAX * (TAIL_LENGTH + 1)),
    window: {
      ...state.window,
      tokens: state.window.tokens + tokens,
      costNanos: state.window.costNanos + spent.costNanos,
    },
    day: { ...state.day, costNanos: state.day.costNanos + spent.costNanos },
    week: { ...state.week, costNanos: state.week.costNanos + spent.costNanos },
    totals: {
      requests: state.totals.requests + 1,
      usage: addUsage(state.totals.usage, spent.usage),
      costNanos: state.totals.costNanos + spent.costNanos,
    },
  };
}

/** Gives a lease back unused, as if it had not been asked for. */
export function release(state: LimitState, leaseId: string): LimitState {
  const leases = state.leases.filter((lease) => lease.id !== leaseId);
  if (leases.length === state.leases.length) return state;
  return { ...state, leases, window: { ...state.window, requests: Math.max(0, state.window.requests - 1) } };
}

/** The state with the lease held until `expiresAt`; null when it is not held. */
export function renew(state: LimitState, leaseId: string, expiresAt: number): LimitState | null {
  if (!state.leases.some((lease) => lease.id === leaseId)) return null;
  return { ...state, leases: state.leases.map((lease) => (lease.id === leaseId ? { ...lease, expiresAt } : lease)) };
}

/** Each limit that the policy sets on what is used up, with what is used of it. */
export function allowancesOf(before: LimitState, policy: KeyPolicy, now: number, offsetHours: number): Allowance[] {
  const { window, day, week, totals } = roll(before, policy, now, offsetHours);
  const windowEnd = policy.windowMs === null ? null : window.startedAt + policy.windowMs;
  const all: [Allowance["of"], number | null, number, number | null][] = [
    ["window_requests", windowEnd && policy.windowRequests, window.requests, windowEnd],
    ["window_tokens", windowEnd && policy.windowTokens, window.tokens, windowEnd],
    ["window_cost", windowEnd && policy.windowCostNanos, window.costNanos, windowEnd],
    ["daily_cost", policy.dailyCostNanos, day.costNanos, day.startedAt + DAY_MS],
    ["weekly_cost", policy.weeklyCostNanos, week.costNanos, week.startedAt + 7 * DAY_MS],
    ["total_cost", policy.totalCostNanos, totals.costNanos, null],
    ["total_tokens", policy.totalTokens, tokensOf(totals.usage), null],
  ];
  return all.flatMap(([of, limit, used, resetAt]) => (limit === null ? [] : [{ of, limit, used, resetAt }]));
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

/** The state as it is at `now`: lapsed leases dropped, ended windows, days and weeks started anew. */
export function roll(state: LimitState, policy: KeyPolicy, now: number, offsetHours: number): LimitState {
  const day = dayStart(now, offsetHours);
  const week = weekStart(now, offsetHours, policy.weeklyResetDay, policy.weeklyResetHour);
  const windowOver = now >= state.window.startedAt + (policy.windowMs ?? 0);
  return {
    ...state,
    leases: state.leases.filter((lease) => lease.expiresAt > now),
    window: windowOver ? { startedAt: now, requests: 0, tokens: 0, costNanos: 0 } : state.window,
    day: state.day.startedAt < day ? { startedAt: day, costNanos: 0 } : state.day,
    week: state.week.startedAt < week ? { startedAt: week, costNanos: 0 } : state.week,
  };
}

/** All tokens of a usage; reasoning is part of the output. */
export function tokensOf(usage: Usage): number {
  return usage.input + usage.cacheWrite5m + usage.cacheWrite1h + usage.cacheRead + usage.output;
}

/** State stored before a count was known has none of it. */
export function addUsage(a: Partial<Usage>, b: Partial<Usage>): Usage {
  return usageOfFields((field) => (a[field] ?? 0) + (b[field] ?? 0));
}

function limitRefusal(
  state: LimitState,
  policy: KeyPolicy,
  ask: LimitAsk,
  now: number,
  offsetHours: number,
): Refusal | null {
  const { leases, window } = state;
  if (policy.concurrency !== null && leases.length >= policy.concurrency) {
    return { reason: "concurrency", limit: policy.concurrency };
  }
  const worstNanos = ask.worstNanos + sum(leases.map((lease) => lease.worstNanos));
  const worstTokens = ask.worstTokens + sum(leases.map((lease) => lease.worstTokens));
  const alone = leases.length === 0;
  const nanos = (spent: number, limit: number) => verdict(spent, limit, worstNanos, alone);
  const tokens = (spent: number, limit: number) => verdict(spent, limit, worstTokens, alone);

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
    { of: "day", spent: state.day.costNanos, limit: policy.dailyCostNanos, resetAt: day + 86_400_000 },
    { of: "week", spent: state.week.costNanos, limit: policy.weeklyCostNanos, resetAt: week + 7 * 86_400_000 },
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

function verdict(spent: number, limit: number, worst: number, alone: boolean): "free" | "spent" | "reserved" {
  if (spent >= limit) return "spent";
  return alone || spent + worst <= limit ? "free" : "reserved";
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
