/**
 * What becomes of a lease: it is settled, renewed, released, or lapses. Pure.
 *
 * A lease is settled once. A settlement whose lease is open is booked. If the lease has lapsed, the settlement corrects what was
 * booked for it. If the lease is not known, the settlement is a repetition and changes nothing, unless the object may have granted the
 * lease and forgotten it in a crash: the number of the grant tells.
 */
import type { Clock } from "../ground/calendar.ts";
import { LEASE_TTL_MS } from "../ground/durations.ts";
import type { KeyPolicy } from "../keys/policy.ts";
import type { Entry } from "../store/entry.ts";
import { type Usage, usageOfFields } from "../vocabulary.ts";
import { addUsage, type Lease, type LimitState, roll, type Spent, tokensOf } from "./limits.ts";

/** How many lapsed leases are remembered. A late settlement comes within seconds, or within a day for a background response. */
const LAPSED_MAX = 64;
/** More grants than an object can make: each of its lives numbers its grants from this number times the time of its start. */
const GRANTS_PER_MS = 1_000;
/** How many restarts are remembered; a settlement outlives one or two. */
const RESTARTS_MAX = 8;
const FORGOTTEN_SETTLED_MAX = 256;

/** A request that has ended: its lease, what it used, and when it ended. */
export interface Ended {
  leaseId: string;
  /** The number of the lease's grant. */
  grant: number;
  spent: Spent;
  endedAt: number;
}

/**
 * Frees the lease and books what its request used; null if that was done before. A request that ended in a window, day or week that is
 * over does not count in the next one.
 */
export function settle(
  before: LimitState,
  policy: KeyPolicy,
  { leaseId, grant, spent, endedAt }: Ended,
  clock: Clock,
): LimitState | null {
  const state = roll(before, policy, clock);
  if (state.leases.some((lease) => lease.id === leaseId)) {
    return { ...counted(state, spent, 1, endedAt), leases: without(state.leases, leaseId) };
  }
  const lapsed = state.lapsed.find((one) => one.id === leaseId);
  if (lapsed) {
    const { booked } = lapsed;
    const rest = booked
      ? { usage: addUsage(spent.usage, negative(booked.usage)), costNanos: spent.costNanos - booked.costNanos }
      : spent;
    return { ...counted(state, rest, booked ? 0 : 1, lapsed.at), lapsed: without(state.lapsed, leaseId) };
  }
  if (!forgotten(state, grant)) return null;
  const forgottenSettled = [...state.forgottenSettled, grant].slice(-FORGOTTEN_SETTLED_MAX);
  return { ...counted(state, spent, 1, endedAt), forgottenSettled };
}

/** Books the leases whose time is over, at their estimates and as `lost`. */
export function lapse(before: LimitState, policy: KeyPolicy, clock: Clock): { state: LimitState; lost: Entry[] } {
  const { now } = clock;
  const over = before.leases.filter((lease) => lease.expiresAt <= now);
  if (over.length === 0) return { state: before, lost: [] };
  let state = roll(before, policy, clock);
  const lost: Entry[] = [];
  for (const { id, estimate } of over) {
    const booked = estimate && { usage: estimate.usage, costNanos: estimate.costNanos };
    if (booked) state = counted(state, booked, 1, now);
    state = { ...state, leases: without(state.leases, id) };
    state = { ...state, lapsed: [...state.lapsed, { id, at: now, booked }].slice(-LAPSED_MAX) };
    if (estimate) lost.push({ ...estimate, durationMs: Math.max(0, now - estimate.time) });
  }
  return { state, lost };
}

/** The state with the lease open until `expiresAt`; null if the lease is not known. */
export function renew(state: LimitState, leaseId: string, expiresAt: number): LimitState | null {
  if (!state.leases.some((lease) => lease.id === leaseId)) return null;
  return { ...state, leases: state.leases.map((lease) => (lease.id === leaseId ? { ...lease, expiresAt } : lease)) };
}

/** Releases a lease that was not used, as if it had not been granted. */
export function release(state: LimitState, leaseId: string): LimitState {
  const leases = without(state.leases, leaseId);
  if (leases.length === state.leases.length) return state;
  return { ...state, leases, window: { ...state.window, requests: Math.max(0, state.window.requests - 1) } };
}

/**
 * The state of an object that starts (again) from what it had stored, after which it may have made more grants. Each life begins its
 * numbers at the time of its start, because a life that stored nothing leaves no trace of how far it had counted.
 */
export function restarted(state: LimitState, now: number): LimitState {
  const { grants, forgotten } = state;
  const to = Math.max(grants + 1, now * GRANTS_PER_MS);
  const last = forgotten.at(-1);
  // If no grant of the last life was stored, its range is joined to the one before.
  const ranges: LimitState["forgotten"] =
    last?.[1] === grants ? [...forgotten.slice(0, -1), [last[0], to]] : [...forgotten, [grants + 1, to]];
  return { ...state, grants: to, forgotten: ranges.slice(-RESTARTS_MAX) };
}

/**
 * When to look at open leases next: after `soonMs` if one was granted just now, because its settlement will have to be flushed; else
 * when the first one lapses.
 */
export function nextLook(open: readonly Lease[], now: number, soonMs: number): number | null {
  if (open.length === 0) return null;
  const young = now + LEASE_TTL_MS - soonMs;
  if (open.some(({ expiresAt }) => expiresAt > young && expiresAt <= now + LEASE_TTL_MS)) {
    return now + soonMs;
  }
  return Math.max(now, Math.min(...open.map(({ expiresAt }) => expiresAt)));
}

/** Whether the object may have forgotten this grant. A number above all known grants comes from a life whose clock was ahead. */
function forgotten({ grants, forgotten: ranges, forgottenSettled }: LimitState, grant: number): boolean {
  const possible = grant > grants || ranges.some(([from, to]) => grant >= from && grant <= to);
  return possible && !forgottenSettled.includes(grant);
}

/** Adds what was used, and `requests` requests, to the totals, and to the window, day and week if they had begun at `at`. */
function counted(state: LimitState, { usage, costNanos }: Spent, requests: number, at: number): LimitState {
  const { window, day, week, totals } = state;
  const inWindow = { ...window, tokens: window.tokens + tokensOf(usage), costNanos: window.costNanos + costNanos };
  return {
    ...state,
    window: at >= window.startedAt ? inWindow : window,
    day: at >= day.startedAt ? { ...day, costNanos: day.costNanos + costNanos } : day,
    week: at >= week.startedAt ? { ...week, costNanos: week.costNanos + costNanos } : week,
    totals: {
      requests: totals.requests + requests,
      usage: addUsage(totals.usage, usage),
      costNanos: totals.costNanos + costNanos,
    },
  };
}

function negative(usage: Usage): Usage {
  return usageOfFields((field) => -(usage[field] ?? 0));
}

function without<One extends { id: string }>(all: One[], id: string): One[] {
  return all.filter((one) => one.id !== id);
}
