/**
 * Who sees to the settlements that wait in an isolate, by a clock that the test moves: one invocation at a time for each key, and
 * none of them longer than Cloudflare lets it live.
 */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { settleSoon, takePendingSettlements } from "../../src/gate/pending-settlements.ts";
import type { Settlement } from "../../src/gate/rpc.ts";
import { ENTRY } from "./key.ts";

let keyId: string;
/** The lease ids of each call that the gate got. */
let sent: string[][];
let now: number;
let timers: { at: number; ring: () => void }[];
const began = Date.now();

beforeEach(() => {
  keyId = crypto.randomUUID();
  sent = [];
  now = began;
  timers = [];
  vi.spyOn(Date, "now").mockImplementation(() => now);
  vi.spyOn(scheduler, "wait").mockImplementation(
    (ms) => new Promise((resolve) => timers.push({ at: now + ms, ring: () => resolve(undefined) })),
  );
});
afterEach(() => vi.restoreAllMocks());

/** Moves the clock. `stalled`: no timer has rung yet when it gets there. */
async function pass(ms: number, stalled = false): Promise<void> {
  now += ms;
  if (stalled) return;
  for (;;) {
    const due = timers.filter(({ at }) => at <= now);
    timers = timers.filter(({ at }) => at > now);
    for (const { ring } of due) ring();
    // Real time, so that all that follows from it is done.
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (due.length === 0) return;
  }
}

function settle(leaseId: string, withinMs = 10_000): Promise<void> {
  const gate = {
    settle: async (_: string, settlements: Settlement[]) => void sent.push(settlements.map((one) => one.leaseId)),
  };
  const env = { GATE: { getByName: () => gate } } as unknown as Env;
  return settleSoon(env, keyId, { leaseId, grant: 0, entry: { ...ENTRY, id: leaseId }, session: null }, withinMs);
}

test("of an agent that asks every three seconds each settlement rides on the next request, however long it goes on", async () => {
  for (let turn = 0; turn < 30; turn++) {
    takePendingSettlements(keyId);
    void settle(`r${turn}`);
    await pass(3_000);
  }
  expect(sent).toEqual([]);
  await pass(10_000);
  expect(sent).toEqual([["r29"]]);
});

test("an invocation keeps watch for 20 seconds at the most", async () => {
  const over: number[] = [];
  for (let turn = 0; turn < 30; turn++) {
    takePendingSettlements(keyId);
    const startedAt = now;
    void settle(`r${turn}`).then(() => over.push(now - startedAt));
    await pass(3_000);
  }
  expect(Math.max(...over)).toBeLessThanOrEqual(20_000 + 3_000);
  await pass(30_000);
  expect(over).toHaveLength(30);
});

test("what is due when a busy isolate comes to it waits no longer, though another request has ended first", async () => {
  void settle("due");
  await pass(10_001, true);
  void settle("later");
  await pass(0);
  expect(sent).toEqual([["due", "later"]]);
});

test("what is due sooner is sent then, with all that waits, and whoever kept watch ends", async () => {
  const ended: string[] = [];
  void settle("patient").then(() => ended.push("patient"));
  void settle("sooner", 2_000).then(() => ended.push("sooner"));
  await pass(2_000);
  expect(sent).toEqual([["patient", "sooner"]]);
  await pass(8_000);
  expect({ sent, ended }).toEqual({ sent: [["patient", "sooner"]], ended: ["sooner", "patient"] });
});

test("of an invocation that dies while it keeps watch all is sent by the next that ends after its time", async () => {
  void settle("dies");
  timers = [];
  await settle("relies on it");
  await pass(10_500);
  await settle("next");
  expect(sent).toEqual([["dies", "relies on it", "next"]]);
});
