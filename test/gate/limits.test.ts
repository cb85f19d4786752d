import { describe, expect, test } from "vitest";
import { lapse, release, restarted, settle as settleLease } from "../../src/gate/leases.ts";
import {
  admit,
  allowancesOf,
  IN_FLIGHT_MAX,
  type LimitState,
  NEW_STATE,
  type Spent,
  settleWithin,
  tokensOf,
} from "../../src/gate/limits.ts";
import { dayStart, weekStart } from "../../src/ground/calendar.ts";
import { LEASE_TTL_MS } from "../../src/ground/durations.ts";
import { type KeyPolicy, OPEN_POLICY } from "../../src/keys/policy.ts";
import type { Entry } from "../../src/store/entry.ts";
import { NO_USAGE } from "../../src/vocabulary.ts";
import fc from "../fast-check.ts";

const NOW = Date.UTC(2026, 6, 15, 12);
const clock = (now: number) => ({ now, offsetHours: 0 });
const USD = 1_000_000_000;

const input = (leaseId: string, worstNanos = 0, worstTokens = 0) => ({
  leaseId,
  worstNanos,
  worstTokens,
  estimate: null,
});
const ESTIMATE: Entry = {
  id: "a",
  time: NOW - 5,
  accountId: null,
  platform: "anthropic",
  client: "curl",
  protocol: "anthropic",
  upstreamProtocol: null,
  model: "m",
  status: 0,
  outcome: "lost",
  stream: true,
  usage: { ...NO_USAGE, input: 40, output: 10 },
  costNanos: 50,
  unpriced: false,
  priceMode: "standard",
  estimated: true,
  ttftMs: null,
  durationMs: 0,
  attempts: [],
};
const spend = (costNanos: number, output = 0) => ({ costNanos, usage: { ...NO_USAGE, output } });

/** Settles a lease, under the number of its own grant where no other is given. */
function settle(
  state: LimitState,
  policy: KeyPolicy,
  { leaseId, spent, grant }: { leaseId: string; spent: Spent; grant?: number },
  now: number,
) {
  const own = state.leases.find(({ id }) => id === leaseId)?.grant ?? 0;
  return settleLease(state, policy, { leaseId, grant: grant ?? own, spent, endedAt: now }, clock(now));
}

/** Admits and throws on a refusal. */
function granted(state: LimitState, policy: KeyPolicy, id: string, worst = 0, now = NOW): LimitState {
  const result = admit(state, policy, input(id, worst, worst), clock(now));
  if (!result.ok) throw new Error(result.refusal.reason);
  return result.value.state;
}

/** Admits and settles at once. */
function used(state: LimitState, policy: KeyPolicy, id: string, nanos: number, now = NOW): LimitState {
  const settled = settle(granted(state, policy, id, 0, now), policy, { leaseId: id, spent: spend(nanos, nanos) }, now);
  if (!settled) throw new Error("settled before");
  return settled;
}

function refusal(state: LimitState, policy: KeyPolicy, worst = 0, now = NOW) {
  const result = admit(state, policy, input("next", worst, worst), clock(now));
  return result.ok ? null : result.refusal;
}

describe("concurrency", () => {
  const policy = { ...OPEN_POLICY, concurrency: 2, windowMs: 60_000 };

  test("refuses beyond the limit and admits again after a settlement", () => {
    const full = granted(granted(NEW_STATE, policy, "a"), policy, "b");
    expect(refusal(full, policy)).toEqual({ reason: "concurrency", limit: 2 });
    const freed = settle(full, policy, { leaseId: "a", spent: spend(0) }, NOW);
    expect(freed && refusal(freed, policy)).toBeNull();
  });

  test("a lease that nobody settles lapses and is booked as lost, at its estimate", () => {
    const held = admit(NEW_STATE, policy, { ...input("a"), estimate: ESTIMATE }, clock(NOW));
    if (!held.ok) throw new Error("refused");
    const later = NOW + LEASE_TTL_MS;
    const { state, lost } = lapse(granted(held.value.state, policy, "b", 0, NOW + 1), policy, clock(later));
    expect(lost).toEqual([{ ...ESTIMATE, durationMs: later - ESTIMATE.time }]);
    expect(state).toMatchObject({
      leases: [{ id: "b" }],
      totals: { requests: 1, costNanos: 50 },
      day: { costNanos: 50 },
    });
  });

  test("a settlement after the lapse corrects what was booked, once, and books nothing twice", () => {
    const held = admit(NEW_STATE, policy, { ...input("a"), estimate: ESTIMATE }, clock(NOW));
    if (!held.ok) throw new Error("refused");
    const later = NOW + LEASE_TTL_MS;
    const { state } = lapse(held.value.state, policy, clock(later));
    const settled = settle(state, policy, { leaseId: "a", spent: spend(80, 3), grant: 1 }, later + 1);
    expect(settled).toMatchObject({
      totals: { requests: 1, costNanos: 80, usage: { output: 3 } },
      day: { costNanos: 80 },
    });
    expect(settled && settle(settled, policy, { leaseId: "a", spent: spend(80, 3), grant: 1 }, later + 2)).toBeNull();
  });

  test("a late settlement corrects the day it was booked on, and not the next", () => {
    const held = admit(NEW_STATE, policy, { ...input("a"), estimate: ESTIMATE }, clock(NOW));
    if (!held.ok) throw new Error("refused");
    const { state } = lapse(held.value.state, policy, clock(NOW + LEASE_TTL_MS));
    const tomorrow = NOW + 86_400_000;
    expect(settle(state, policy, { leaseId: "a", spent: spend(80), grant: 1 }, tomorrow)).toMatchObject({
      day: { costNanos: 0 },
      totals: { costNanos: 80 },
    });
  });

  test("settling twice with any number of settlements in between books once", () => {
    let state = granted(NEW_STATE, OPEN_POLICY, "first");
    const once = settle(state, OPEN_POLICY, { leaseId: "first", spent: spend(1) }, NOW);
    if (!once) throw new Error("not booked");
    state = once;
    for (let at = 0; at < 600; at++) state = used(state, OPEN_POLICY, `other${at}`, 1);
    expect(settle(state, OPEN_POLICY, { leaseId: "first", spent: spend(1), grant: 1 }, NOW)).toBeNull();
    expect(state.totals.costNanos).toBe(601);
  });

  test("a lease granted and forgotten in a crash is booked all the same, once; one settled before the crash is not", () => {
    const stored = used(NEW_STATE, policy, "settled", 1);
    const crashed = restarted(stored, NOW);
    expect(settle(crashed, policy, { leaseId: "settled", spent: spend(1), grant: 1 }, NOW)).toBeNull();
    const booked = settle(crashed, policy, { leaseId: "forgotten", spent: spend(5), grant: 2 }, NOW);
    expect(booked).toMatchObject({ totals: { requests: 2, costNanos: 6 } });
    if (!booked) throw new Error("not booked");
    let state = granted(booked, policy, "next");
    expect(state.leases[0]?.grant).toBeGreaterThan(2);
    for (let at = 0; at < 300; at++) state = used(state, OPEN_POLICY, `other${at}`, 0);
    expect(settle(restarted(state, NOW), policy, { leaseId: "forgotten", spent: spend(5), grant: 2 }, NOW)).toBeNull();
  });

  test("a grant is booked when all that its object stored is of before it began, however many others came since", () => {
    const stored = used(NEW_STATE, policy, "settled", 1);
    const lost = granted(restarted(stored, NOW), policy, "lost").leases[0]?.grant ?? 0;
    let state = restarted(stored, NOW + 1);
    for (let at = 0; at < 300; at++) state = used(state, OPEN_POLICY, `other${at}`, 0);
    expect(settle(state, policy, { leaseId: "lost", spent: spend(5), grant: lost }, NOW)).toMatchObject({
      totals: { costNanos: 6 },
    });
    // Waking up again and again without a grant is no reason to forget.
    for (let at = 0; at < 20; at++) state = restarted(state, NOW + 2 + at);
    expect(settle(state, policy, { leaseId: "lost", spent: spend(5), grant: lost }, NOW)).not.toBeNull();
  });

  test("what a request used after midnight's border counts where the request ended", () => {
    const state = granted(NEW_STATE, policy, "a");
    const midnight = Date.UTC(2026, 6, 16);
    const settled = settleLease(
      state,
      policy,
      { leaseId: "a", grant: 1, spent: spend(9), endedAt: midnight - 5 },
      clock(midnight + 5),
    );
    expect(settled).toMatchObject({ day: { startedAt: midnight, costNanos: 0 }, totals: { costNanos: 9 } });
  });

  test("in flight is bounded also where the key sets no limit", () => {
    let state = NEW_STATE;
    for (let at = 0; at < IN_FLIGHT_MAX; at++) state = granted(state, OPEN_POLICY, `lease${at}`);
    expect(refusal(state, OPEN_POLICY)).toEqual({ reason: "concurrency", limit: IN_FLIGHT_MAX });
  });

  test("asking twice for one lease grants one", () => {
    const twice = granted(granted(NEW_STATE, policy, "a"), policy, "a");
    expect(twice).toMatchObject({ leases: [{ id: "a" }], window: { requests: 1 } });
  });

  test("a lease given back is as if it had not been asked for", () => {
    const back = release(granted(NEW_STATE, policy, "a"), "a");
    expect(back).toMatchObject({ leases: [], window: { requests: 0 } });
    expect(release(back, "a")).toBe(back);
  });
});

describe("how long a settlement may wait", () => {
  const within = (policy: Partial<KeyPolicy>, state: LimitState) => {
    const all = { ...OPEN_POLICY, ...policy };
    return settleWithin(state, all, allowancesOf(state, all, clock(NOW)));
  };
  const one = granted(NEW_STATE, OPEN_POLICY, "a", 10);

  test("some seconds where nothing in flight counts", () => {
    expect(within({}, one)).toBeGreaterThan(5_000);
    expect(within({ concurrency: 8, dailyCostNanos: 1_000, windowMs: 60_000, windowRequests: 1 }, one)).toBeGreaterThan(
      5_000,
    );
  });

  test.each([
    ["where a burst could need the place", { concurrency: 7 }, one],
    ["where what is in flight nearly fills a budget", { dailyCostNanos: 39 }, one],
    ["where what is in flight nearly fills a token limit", { totalTokens: 39 }, one],
    ["where a budget is nearly spent", { totalCostNanos: 1_000 }, used(one, OPEN_POLICY, "b", 901)],
    [
      "where a window's tokens are nearly spent",
      { windowMs: 60_000, windowTokens: 1_000 },
      used(one, { ...OPEN_POLICY, windowMs: 60_000 }, "b", 901),
    ],
  ])("not at all %s", (_, policy, state) => {
    expect(within(policy, state)).toBe(0);
  });
});

describe("windows", () => {
  const policy = { ...OPEN_POLICY, windowMs: 60_000, windowRequests: 2 };

  test("counts admissions, and starts anew when the window has passed", () => {
    const two = used(used(NEW_STATE, policy, "a", 0), policy, "b", 0, NOW + 30_000);
    expect(refusal(two, policy, 0, NOW + 59_999)).toMatchObject({ of: "requests", limit: 2, resetAt: NOW + 60_000 });
    expect(refusal(two, policy, 0, NOW + 60_000)).toBeNull();
  });

  test("tokens and cost count when they are known", () => {
    const tokens = { ...OPEN_POLICY, windowMs: 60_000, windowTokens: 100 };
    expect(refusal(used(NEW_STATE, tokens, "a", 99), tokens)).toBeNull();
    expect(refusal(used(NEW_STATE, tokens, "a", 100), tokens)).toMatchObject({ of: "tokens", limit: 100 });
    const cost = { ...OPEN_POLICY, windowMs: 60_000, windowCostNanos: USD };
    expect(refusal(used(NEW_STATE, cost, "a", USD), cost)).toMatchObject({ of: "cost", limit: USD });
  });
});

describe("budgets", () => {
  test.each([
    ["day", { dailyCostNanos: USD }],
    ["week", { weeklyCostNanos: USD }],
    ["total", { totalCostNanos: USD }],
  ])("%s: refuses once spent, by name", (of, limit) => {
    const policy = { ...OPEN_POLICY, ...limit };
    expect(refusal(used(NEW_STATE, policy, "a", USD - 1), policy)).toBeNull();
    expect(refusal(used(NEW_STATE, policy, "a", USD), policy)).toMatchObject({ reason: "budget", of, limitNanos: USD });
  });

  test("the day's budget is back at midnight, the week's at its own hour", () => {
    const daily = { ...OPEN_POLICY, dailyCostNanos: USD };
    const midnight = Date.UTC(2026, 6, 16);
    const spent = used(NEW_STATE, daily, "a", USD);
    expect(refusal(spent, daily, 0, midnight - 1000)).toMatchObject({ of: "day", resetAt: midnight });
    expect(refusal(spent, daily, 0, midnight)).toBeNull();
    // 15 July 2026 is a Wednesday; the week ends on Friday at 09:00.
    const weekly = { ...OPEN_POLICY, weeklyCostNanos: USD, weeklyResetDay: 5, weeklyResetHour: 9 };
    const reset = Date.UTC(2026, 6, 17, 9);
    const gone = used(NEW_STATE, weekly, "a", USD);
    expect(refusal(gone, weekly, 0, reset - 1000)).toMatchObject({ of: "week", resetAt: reset });
    expect(refusal(gone, weekly, 0, reset)).toBeNull();
  });

  test("total tokens do not come back", () => {
    const policy = { ...OPEN_POLICY, totalTokens: 100 };
    expect(refusal(used(NEW_STATE, policy, "a", 100), policy, 0, NOW + 1e11)).toEqual({
      reason: "token_budget",
      limit: 100,
    });
  });

  test("alone any request is admitted; beside others only if all of them fit", () => {
    const policy = { ...OPEN_POLICY, dailyCostNanos: 100 };
    expect(refusal(NEW_STATE, policy, 1_000)).toBeNull();
    const one = granted(NEW_STATE, policy, "a", 60);
    expect(refusal(one, policy, 40)).toBeNull();
    expect(refusal(one, policy, 41)).toMatchObject({ reason: "in_flight_reserved" });
  });
});

describe("expiry", () => {
  test("by date, to the millisecond", () => {
    const policy = { ...OPEN_POLICY, expiresAt: NOW };
    expect(refusal(NEW_STATE, policy, 0, NOW - 1)).toBeNull();
    expect(refusal(NEW_STATE, policy, 0, NOW)).toEqual({ reason: "key_expired", at: NOW });
  });

  test("by activation: the first use starts the clock", () => {
    const policy = { ...OPEN_POLICY, activationMs: 3_600_000 };
    expect(refusal(NEW_STATE, policy, 0, NOW + 1e12)).toBeNull();
    const active = used(NEW_STATE, policy, "a", 0);
    expect(refusal(active, policy, 0, NOW + 3_599_000)).toBeNull();
    expect(refusal(active, policy, 0, NOW + 3_600_000)).toEqual({ reason: "key_expired", at: NOW + 3_600_000 });
  });
});

describe("calendar", () => {
  const offsets = Array.from({ length: 26 }, (_, index) => index - 11);

  test.each(offsets)("day borders at ±1 s, offset %i", (offset) => {
    const midnight = Date.UTC(2026, 6, 15) - offset * 3_600_000;
    expect(dayStart(midnight, offset)).toBe(midnight);
    expect(dayStart(midnight + 1_000, offset)).toBe(midnight);
    expect(dayStart(midnight - 1_000, offset)).toBe(midnight - 86_400_000);
  });

  test.each(offsets)("week borders at ±1 s for every reset day and some hours, offset %i", (offset) => {
    for (let day = 0; day < 7; day++) {
      for (const hour of [0, 9, 23]) {
        // 12 July 2026 is a Sunday.
        const reset = Date.UTC(2026, 6, 12 + day, hour) - offset * 3_600_000;
        expect(weekStart(reset, offset, day, hour)).toBe(reset);
        expect(weekStart(reset + 1_000, offset, day, hour)).toBe(reset);
        expect(weekStart(reset - 1_000, offset, day, hour)).toBe(reset - 7 * 86_400_000);
      }
    }
  });
});

describe("any interleaving", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("admit" as const), worst: fc.integer({ min: 0, max: 50 }) }),
    fc.record({
      do: fc.constant("settle" as const),
      which: fc.nat(),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 400_000 }) }),
  );

  test("never more leases than allowed, never overrun by more than one request, nothing booked twice", () => {
    const policy = {
      ...OPEN_POLICY,
      concurrency: 3,
      totalCostNanos: 100,
      totalTokens: 1_000,
      windowMs: 60_000,
      windowRequests: 7,
    };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        let state = NEW_STATE;
        let now = NOW;
        let next = 0;
        let booked = 0;
        const grants = new Map<string, number>();
        const worstOf = new Map<string, number>();
        const unsettled: string[] = [];
        for (const action of steps) {
          if (action.do === "wait") {
            now += action.ms;
            ({ state } = lapse(state, policy, clock(now)));
          }
          if (action.do === "admit") {
            const id = `lease${next++}`;
            const before = state.totals.costNanos;
            const result = admit(state, policy, input(id, action.worst, 1), clock(now));
            if (!result.ok) continue;
            expect(before).toBeLessThan(100);
            state = result.value.state;
            grants.set(id, result.value.lease.grant);
            worstOf.set(id, action.worst);
            unsettled.push(id);
          }
          if (action.do === "settle" && unsettled.length > 0) {
            const [id = ""] = unsettled.splice(action.which % unsettled.length, 1);
            const cost = Math.floor((worstOf.get(id) ?? 0) * action.part);
            const grant = grants.get(id) ?? 0;
            const after = settle(state, policy, { leaseId: id, spent: spend(cost, 1), grant }, now);
            expect(after).not.toBeNull();
            if (after) state = after;
            booked += cost;
            expect(settle(state, policy, { leaseId: id, spent: spend(cost, 1), grant }, now)).toBeNull();
          }
          expect(state.leases.length).toBeLessThanOrEqual(3);
          expect(state.window.requests).toBeLessThanOrEqual(7);
          expect(state.totals.costNanos).toBe(booked);
          expect(tokensOf(state.totals.usage)).toBe(state.totals.requests);
          // A lapsed lease gives its reservation up; before any can have lapsed the overrun is one request at most.
          if (now - NOW < LEASE_TTL_MS) expect(booked).toBeLessThan(100 + 50);
        }
      }),
      { numRuns: 500 },
    );
  });
});
