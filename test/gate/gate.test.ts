/** The gate in real workerd, with real storage and D1: what `limits.ts` cannot show. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { KeyGate } from "../../src/gate/gate.ts";
import { accountOfResponse, rememberResponse } from "../../src/gate/responses.ts";
import type { Settlement } from "../../src/gate/rpc.ts";
import { OPEN_POLICY } from "../../src/keys/policy.ts";
import { ENTRY, failing, INPUT, keyWith } from "./key.ts";

afterEach(() => vi.restoreAllMocks());

describe("storage", () => {
  test("survives eviction: leases, spend and what is not yet in D1", async () => {
    const key = await keyWith({ concurrency: 2 });
    await key.admit("open");
    await key.use(3);
    await evictDurableObject(key.gate);
    expect(await key.report()).toMatchObject({ unflushed: 3, totals: { requests: 3, costNanos: 33 } });
    expect((await key.report()).leases.map((lease) => lease.id)).toEqual(["open"]);
  });

  test("writes at most two rows for an admission and its settlement", async () => {
    const key = await keyWith();
    const puts = await runInDurableObject(key.gate, async (instance: KeyGate, ctx) => {
      let rows = 0;
      const count = (target: object, name: string) => {
        const real = Reflect.get(target, name).bind(target);
        Object.defineProperty(target, name, {
          configurable: true,
          value: (...parameters: unknown[]) => {
            rows++;
            return real(...parameters);
          },
        });
      };
      await instance.admit(key.id, { ...INPUT, leaseId: "warm" });
      await instance.settle(key.id, [{ leaseId: "warm", grant: 0, entry: ENTRY, session: null }]);
      count(ctx.storage, "put");
      count(ctx.storage, "setAlarm");
      count(ctx.storage.kv, "put");
      for (let index = 0; index < 10; index++) {
        await instance.admit(key.id, { ...INPUT, leaseId: `n${index}` });
        await scheduler.wait(210);
        await instance.settle(key.id, [{ leaseId: `n${index}`, grant: 0, entry: ENTRY, session: null }]);
      }
      return rows;
    });
    expect(puts).toBeLessThanOrEqual(20);
  });

  test("a settlement and the admission that brings it share one written row", async () => {
    const key = await keyWith();
    const rows = await runInDurableObject(key.gate, async (instance: KeyGate, ctx) => {
      const written = { count: 0 };
      for (const [target, name] of [
        [ctx.storage, "put"],
        [ctx.storage, "setAlarm"],
        [ctx.storage.kv, "put"],
      ] as const) {
        const real = Reflect.get(target, name).bind(target);
        const value = (...parameters: unknown[]) => {
          written.count++;
          return real(...parameters);
        };
        Object.defineProperty(target, name, { configurable: true, value });
      }
      let settlements: Settlement[] = [];
      const counts: number[] = [];
      for (let turn = 0; turn < 12; turn++) {
        const leaseId = `n${turn}`;
        const before = written.count;
        const admission = await instance.admit(key.id, { ...INPUT, leaseId, settlements });
        if (!admission.ok) throw new Error(admission.refusal.reason);
        const { grant } = admission.value;
        settlements = [{ leaseId, grant, entry: { ...ENTRY, id: `${key.id}-${turn}` }, session: null }];
        await scheduler.wait(220);
        counts.push(written.count - before);
      }
      return counts;
    });
    // The first sets the alarm.
    expect(rows).toEqual([2, ...Array(11).fill(1)]);
  });

  test("an unknown key is refused, and looked for again later", async () => {
    const gate = env.GATE.getByName("nobody");
    const refused = await gate.admit("nobody", { ...INPUT, leaseId: "a" });
    expect(refused).toEqual({ ok: false, refusal: { reason: "key_unknown" } });
  });

  test("an older policy that arrives late changes nothing", async () => {
    const key = await keyWith();
    await key.gate.setPolicy(key.id, { ...OPEN_POLICY, enabled: false }, 5);
    await key.gate.setPolicy(key.id, OPEN_POLICY, 4);
    expect(await key.admit("a")).toMatchObject({ ok: false, refusal: { reason: "key_disabled" } });
  });

  test("a deleted key is refused at once, and what it used stays booked", async () => {
    const key = await keyWith();
    await key.admit("open");
    await key.gate.setPolicy(key.id, null, 2);
    expect(await key.admit("next")).toMatchObject({ ok: false, refusal: { reason: "key_unknown" } });
    await key.settle("open");
    await key.gate.flush();
    expect(await key.logged()).toBe(1);
  });

  test("a correction counts once however often it is sent", async () => {
    const key = await keyWith();
    await key.use(1);
    await key.gate.correct(key.id, "c1", [[0, 100]]);
    await key.gate.correct(key.id, "c1", [[0, 100]]);
    await key.gate.correct(key.id, "c2", [[0, 1]]);
    expect((await key.report()).totals.costNanos).toBe(112);
  });
});

describe("ledger", () => {
  test("the alarm brings everything to D1, log and sums alike", async () => {
    const key = await keyWith();
    await key.use(5);
    expect(await runDurableObjectAlarm(key.gate)).toBe(true);
    expect(await key.logged()).toBe(5);
    expect(await key.summed()).toEqual({ requests: 5, output: 35, cost: 55 });
    expect((await key.report()).unflushed).toBe(0);
  });

  test("settling twice books once", async () => {
    const key = await keyWith();
    await key.admit("a");
    await key.settle("a");
    await key.settle("a");
    await key.gate.flush();
    expect(await key.summed()).toMatchObject({ requests: 1 });
  });

  test.each(["before", "after"] as const)(
    "a write that fails %s reaching D1 is repeated, and counts once",
    async (when) => {
      const key = await keyWith();
      await key.use(3);
      await failing(key.gate, when, 2);
      for (let round = 0; round < 3; round++) {
        await runDurableObjectAlarm(key.gate);
        await key.use(1, 10 + round);
      }
      await runDurableObjectAlarm(key.gate);
      expect(await key.logged()).toBe(6);
      expect(await key.summed()).toEqual({ requests: 6, output: 42, cost: 66 });
    },
  );

  test("an eviction between the write and its note in storage counts nothing twice", async () => {
    const key = await keyWith();
    await key.use(3);
    await key.gate.flush();
    await evictDurableObject(key.gate);
    await key.use(1, 3);
    await key.gate.flush();
    await evictDurableObject(key.gate);
    await key.gate.flush();
    expect(await key.logged()).toBe(4);
    expect(await key.summed()).toMatchObject({ requests: 4 });
  });

  test("a gate that lost its storage goes on where D1 stands", async () => {
    const key = await keyWith();
    await key.use(3);
    await key.gate.flush();
    await runInDurableObject(key.gate, (_, ctx) => ctx.storage.deleteAll());
    await evictDurableObject(key.gate);
    await key.gate.setPolicy(key.id, OPEN_POLICY, 2);
    await key.use(2, 100);
    await key.gate.flush();
    expect(await key.logged()).toBe(5);
  });
});

describe("what an admission brings and tells", () => {
  test("settlements that ride along are booked first, so that their places are free", async () => {
    const key = await keyWith({ concurrency: 1 });
    await key.admit("a");
    expect((await key.admit("b", { settlements: [key.settlement("a")] })).ok).toBe(true);
    expect((await key.report()).totals.requests).toBe(1);
  });

  test("a response belongs to the key that made it, and goes on at the account that has it", async () => {
    const [mine, other] = [await keyWith(), await keyWith()];
    await mine.admit("a");
    const entry = { ...ENTRY, id: `${mine.id}-a`, accountId: "acc_7" };
    await mine.gate.settle(mine.id, [{ leaseId: "a", grant: 0, entry, session: null, response: { id: "resp_1" } }]);
    const input = { responseId: "resp_1" };
    expect(await mine.admit("b", input)).toMatchObject({ value: { responseAccountId: "acc_7" } });
    expect(await other.admit("b", input)).toMatchObject({ ok: false, refusal: { reason: "response_unknown" } });
    expect((await other.report()).leases).toEqual([]);
  });

  test("the memory of responses stays small however many are stored", () => {
    let memory = "";
    for (let at = 0; at < 1_000; at++) memory = rememberResponse(memory, `resp_${at}`, "a".repeat(10_000));
    expect(memory.length).toBeLessThan(12_001);
    expect(accountOfResponse(memory, "resp_999")).not.toBeNull();
    expect(accountOfResponse(memory, "resp_0")).toBeNull();
  });

  test("an admission tells what is used of each of the key's own limits", async () => {
    const key = await keyWith({ windowMs: 60_000, windowRequests: 5, dailyCostNanos: 1_000, totalTokens: 100 });
    await key.use(1);
    expect(await key.admit("b")).toMatchObject({
      value: {
        allowances: [
          { of: "window_requests", limit: 5, used: 2, resetAt: expect.any(Number) },
          { of: "daily_cost", limit: 1_000, used: 11, resetAt: expect.any(Number) },
          { of: "total_tokens", limit: 100, used: 10, resetAt: null },
        ],
      },
    });
  });

  test("a lease is renewed while its stream lives", async () => {
    const key = await keyWith();
    await key.admit("a");
    const before = (await key.report()).leases[0]?.expiresAt ?? 0;
    expect(await key.gate.renew(key.id, "a", 3_600_000)).toBe(true);
    expect((await key.report()).leases[0]?.expiresAt).toBeGreaterThan(before + 2_000_000);
    expect(await key.gate.renew(key.id, "nobody")).toBe(false);
  });
});

describe("parallel requests", () => {
  test("overrun a money limit by one request at most, in 60 random runs of 50", async () => {
    for (let run = 0; run < 60; run++) {
      const limit = 1 + Math.floor(Math.random() * 1_000);
      const key = await keyWith({ dailyCostNanos: limit });
      const worstNanos = 1 + Math.floor(Math.random() * 400);
      const granted: string[] = [];
      const settlements: Promise<void>[] = [];
      await Promise.all(
        Array.from({ length: 50 }, async (_, index) => {
          const lease = `run${run}-${index}`.padEnd(16, "x") + index;
          const admission = await key.admit(lease, { worstNanos });
          if (!admission.ok) return;
          granted.push(lease);
          // Some end while others are still asking, at any cost up to their worst.
          const costNanos = Math.floor(Math.random() * (worstNanos + 1));
          settlements.push(key.settle(lease, { costNanos }));
        }),
      );
      await Promise.all(settlements);
      const { leases, totals } = await key.report();
      expect(leases).toEqual([]);
      expect(totals.requests).toBe(granted.length);
      expect(totals.costNanos).toBeLessThan(limit + worstNanos);
    }
  });
});

describe("waiting for a lease", () => {
  test("a request that may wait is admitted when a lease comes free, in order", async () => {
    const key = await keyWith({ concurrency: 1, queueSize: 2, queueTimeoutMs: 5_000 });
    await key.admit("a");
    const order: string[] = [];
    const waiting = ["b", "c"].map((id) => key.admit(id).then((result) => order.push(`${id}:${result.ok}`)));
    await scheduler.wait(20);
    expect(await key.admit("d")).toMatchObject({ ok: false, refusal: { reason: "concurrency", limit: 1 } });
    await key.settle("a");
    await waiting[0];
    await key.settle("b");
    await waiting[1];
    expect(order).toEqual(["b:true", "c:true"]);
  });

  test("the wait ends with the refusal when its time is up", async () => {
    const key = await keyWith({ concurrency: 1, queueSize: 2, queueTimeoutMs: 30 });
    await key.admit("a");
    expect(await key.admit("b")).toMatchObject({ ok: false, refusal: { reason: "concurrency" } });
  });

  test("a request that is cancelled leaves the queue, and its place goes to the next", async () => {
    const key = await keyWith({ concurrency: 1, queueSize: 2, queueTimeoutMs: 60_000 });
    await key.admit("a");
    const [left, next] = [key.admit("b"), key.admit("c")];
    await scheduler.wait(20);
    await key.gate.cancel(key.id, "b");
    expect(await left).toMatchObject({ ok: false });
    await key.settle("a");
    expect((await next).ok).toBe(true);
    expect((await key.report()).leases.map((lease) => lease.id)).toEqual(["c"]);
  });

  test("a cancelled lease is free at once, as if it had not been asked for", async () => {
    const key = await keyWith({ concurrency: 1, windowMs: 60_000, windowRequests: 1 });
    await key.admit("a");
    await key.gate.cancel(key.id, "a");
    expect((await key.admit("b")).ok).toBe(true);
  });

  test("a cancellation that overtakes its admission leaves no lease", async () => {
    const key = await keyWith({ concurrency: 1 });
    await key.gate.cancel(key.id, "a");
    expect(await key.admit("a")).toMatchObject({ ok: false, refusal: { reason: "cancelled" } });
    expect((await key.report()).leases).toEqual([]);
  });

  test("a key that is disabled meanwhile refuses those who wait", async () => {
    const key = await keyWith({ concurrency: 1, queueSize: 2, queueTimeoutMs: 5_000 });
    await key.admit("a");
    const waiting = key.admit("b");
    await scheduler.wait(20);
    await key.gate.setPolicy(key.id, { ...OPEN_POLICY, enabled: false }, 2);
    expect(await waiting).toMatchObject({ ok: false, refusal: { reason: "key_disabled" } });
  });
});

test.each(["settled", "lapsed"])(
  "a key that is deleted and restored has used what it had, though a request was %s in between",
  async (how) => {
    const tomorrow = new Date(Date.now() + 86_400_000).getUTCDay();
    const policy = { ...OPEN_POLICY, windowMs: 3_600_000, weeklyResetDay: tomorrow, weeklyResetHour: 12 };
    const key = await keyWith(policy);
    await key.use(1);
    await key.admit("b");
    await key.gate.setPolicy(key.id, null, 2);
    if (how === "settled") await key.settle("b");
    else await key.gate.renew(key.id, "b", 0);
    await runDurableObjectAlarm(key.gate);
    await key.gate.setPolicy(key.id, policy, 3);
    const spent = 11 + (how === "settled" ? 11 : 5);
    expect(await key.report()).toMatchObject({ window: { requests: 2, costNanos: spent }, week: { costNanos: spent } });
  },
);
