/** What an object that dies leaves behind: its storage as it was written, and nothing of its memory. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { GateState } from "../../src/gate/state.ts";
import { type KeyPolicy, OPEN_POLICY } from "../../src/keys/policy.ts";
import { ENTRY, failing, INPUT, keyWith } from "./key.ts";

afterEach(() => vi.restoreAllMocks());

test.each(["alone", "with an admission"])("nothing is sent to D1 that is not stored, settled %s", async (how) => {
  const key = await keyWith();
  await key.admit("open");
  for (let at = 0; at < 40; at++) await key.admit(`r${at}`);
  const missing = await runInDurableObject(key.gate, async (instance, ctx) => {
    const missing: string[] = [];
    const batch = async (statements: D1PreparedStatement[]) => {
      const state = ctx.storage.kv.get<GateState>("state");
      const waiting = new Set(state?.pending.map(({ id }) => id));
      missing.push(...sent.filter((id) => !waiting.has(id)));
      return env.DB.batch(statements);
    };
    let sent: string[] = [];
    const prepare = (query: string) => {
      const statement = env.DB.prepare(query);
      return {
        bind: (...values: unknown[]) => {
          const entries = values.find((value) => typeof value === "string" && value.startsWith("["));
          if (entries !== undefined) sent = (JSON.parse(String(entries)) as { id: string }[]).map(({ id }) => id);
          return statement.bind(...values);
        },
      };
    };
    Object.defineProperty(instance, "env", { value: { ...env, DB: { batch, prepare } }, configurable: true });
    // Beside a request in flight a settlement is stored some moments later: the flush comes before.
    const settled = Array.from({ length: 40 }, (_, at) => {
      const settlements = [key.settlement(`r${at}`)];
      if (how === "alone") return instance.settle(key.id, settlements);
      return instance.admit(key.id, { ...INPUT, leaseId: `next${at}`, settlements });
    });
    await Promise.all([...settled, instance.flush()]);
    return missing;
  });
  expect(missing).toEqual([]);
  await key.gate.flush();
  expect(await key.logged()).toBe(40);
});

test("an object that dies after D1 has committed books nothing twice, loses nothing, and jams nothing", async () => {
  const key = await keyWith();
  await key.use(5);
  const before = await runInDurableObject(key.gate, (_, ctx) => ctx.storage.kv.get("state"));
  await key.gate.flush();
  await key.use(10, 5);
  await key.gate.flush();
  // It dies: what it wrote after the first commit is lost with it, settled requests come again.
  await runInDurableObject(key.gate, (_, ctx) => ctx.storage.kv.put("state", before));
  await evictDurableObject(key.gate);
  for (let at = 5; at < 15; at++) await key.settle(`r${at}`);
  await key.use(4, 100);
  await key.gate.flush();
  expect(await key.logged()).toBe(19);
  expect(await key.summed()).toMatchObject({ requests: 19, cost: 19 * 11 });
  expect(await key.report()).toMatchObject({ unflushed: 0, totals: { requests: 19, costNanos: 19 * 11 } });
});

test("a settlement that could not be written is stored when its repetition is answered", async () => {
  const key = await keyWith();
  await key.admit("a");
  const stored = await runInDurableObject(key.gate, async (instance, ctx) => {
    const { kv } = ctx.storage;
    const put = kv.put.bind(kv);
    const full = () => {
      Object.defineProperty(kv, "put", { configurable: true, value: put });
      throw new Error("database or disk is full: SQLITE_FULL");
    };
    Object.defineProperty(kv, "put", { configurable: true, value: full });
    await expect(instance.settle(key.id, [key.settlement("a")])).rejects.toThrow("SQLITE_FULL");
    await instance.settle(key.id, [key.settlement("a")]);
    return kv.get<GateState>("state")?.pending.length;
  });
  expect(stored).toBe(1);
});

test("a settlement that is repeated with 300 others in between is booked once, also after a restart", async () => {
  const key = await keyWith();
  await key.use(301);
  await key.settle("r0");
  await evictDurableObject(key.gate);
  await key.settle("r0");
  expect((await key.report()).totals.requests).toBe(301);
}, 60_000);

test("a key that rests until the log has deleted its rows books nothing again when it is used next", async () => {
  const key = await keyWith();
  await key.use(5);
  await runDurableObjectAlarm(key.gate);
  await evictDurableObject(key.gate);
  await env.DB.prepare("DELETE FROM requests WHERE key_id = ?").bind(key.id).run();
  await key.use(1, 5);
  await key.gate.flush();
  expect(await key.summed()).toMatchObject({ requests: 6 });
});

describe("what an object holds when it dies before it has stored a grant", () => {
  /** The object dies with all that it has stored since `before`. */
  async function dieWith(key: Awaited<ReturnType<typeof keyWith>>, before: unknown): Promise<void> {
    await scheduler.wait(250);
    await runInDurableObject(key.gate, (_, ctx) => {
      if (before === undefined) ctx.storage.kv.delete("state");
      else ctx.storage.kv.put("state", before);
    });
    await evictDurableObject(key.gate);
  }

  test.each(["right after it woke up", "and has never stored anything"])("is booked all the same: %s", async (when) => {
    const key = await keyWith();
    if (when.startsWith("right")) {
      await key.use(1);
      await evictDurableObject(key.gate);
    }
    const stored = await runInDurableObject(key.gate, (_, ctx) => ctx.storage.kv.get("state"));
    const before = when.startsWith("right") ? stored : undefined;
    await key.admit("a");
    await dieWith(key, before);
    await key.gate.setPolicy(key.id, OPEN_POLICY, 1);
    await key.admit("b");
    await key.settle("a");
    await key.settle("a");
    await key.settle("b");
    expect((await key.report()).totals.requests).toBe(when.startsWith("right") ? 3 : 2);
  });
});

test("the lease and the owner of a response in the background outlive the object", async () => {
  const key = await keyWith();
  await key.admit("a");
  await scheduler.wait(250);
  await key.gate.keep(key.id, "a", { id: "resp_1", accountId: "acc_1" }, 3_600_000);
  await evictDurableObject(key.gate);
  const [lease] = (await key.report()).leases;
  expect(lease?.expiresAt).toBeGreaterThan(Date.now() + 50 * 60_000);
  const fetching = await key.admit("fetch", { takesLease: false, responseId: "resp_1" });
  expect(fetching).toMatchObject({ ok: true, value: { responseAccountId: "acc_1" } });
});

describe("what the version before has stored", () => {
  const DAY = 86_400_000;
  const old = (id: string, seq: number, ageMs: number) => ({ ...ENTRY, id, seq, time: Date.now() - ageMs });

  async function opened(pending: object[], leases: object[] = []) {
    const key = await keyWith();
    const usage = { input: 1, cacheWrite5m: 0, cacheWrite1h: 0, cacheRead: 0, output: 1, reasoning: 0, webSearches: 0 };
    const { unpriced: _, ...policy } = OPEN_POLICY;
    const state = {
      policy,
      policyVersion: 1,
      limits: {
        leases,
        settled: "0123456789ab ",
        firstUsedAt: 1,
        window: { startedAt: 0, requests: 0, tokens: 0, costNanos: 0 },
        day: { startedAt: 0, costNanos: 0 },
        week: { startedAt: 0, costNanos: 0 },
        totals: { requests: pending.length, usage, costNanos: 9 },
      },
      seq: pending.length,
      pending,
      sessions: [],
      corrections: [],
      alarmAt: 0,
    };
    await runInDurableObject(key.gate, (_, ctx) => ctx.storage.kv.put("state", state));
    await evictDurableObject(key.gate);
    return key;
  }

  test("opens: its leases are settled, and its entries that D1 does not have are booked", async () => {
    const key = await opened(
      [old("old-entry", 1, 60_000)],
      [
        { id: "held", expiresAt: Date.now() + 60_000, worstNanos: 5, worstTokens: 5 },
        { id: "leaked", expiresAt: Date.now() - 1, worstNanos: 5, worstTokens: 5 },
      ],
    );
    expect((await key.admit("new")).ok).toBe(true);
    await key.settle("held");
    await key.settle("new");
    await key.gate.flush();
    expect(await key.report()).toMatchObject({ leases: [], unflushed: 0, totals: { requests: 3, costNanos: 31 } });
    expect(await key.logged()).toBe(3);
  });

  test("is not booked again where D1 has had it for so long that its rows are gone", async () => {
    const key = await opened([old("long-ago", 1, 40 * DAY)]);
    await key.use(1);
    await key.gate.flush();
    expect(await key.summed()).toMatchObject({ requests: 1 });
  });
});

test("a settlement counts in this week's budget though its Worker's clock has jumped a month while it waited", async () => {
  const key = await keyWith({ weeklyCostNanos: 10 });
  await key.admit("a");
  await key.gate.settle(key.id, [{ ...key.settlement("a"), waitedMs: 30 * 86_400_000 }]);
  expect(await key.report()).toMatchObject({ week: { costNanos: 11 } });
  expect(await key.admit("b")).toMatchObject({ refusal: { reason: "budget", of: "week" } });
});

describe("a lease that nobody settles", () => {
  /** Time passes for the leases of the gate. */
  const lapse = (key: Awaited<ReturnType<typeof keyWith>>) =>
    runInDurableObject(key.gate, (_, ctx) => {
      const state = ctx.storage.kv.get<GateState>("state");
      if (!state) throw new Error("nothing is stored");
      const leases = state.limits.leases.map((lease) => ({ ...lease, expiresAt: Date.now() - 1 }));
      ctx.storage.kv.put("state", { ...state, limits: { ...state.limits, leases } });
    }).then(() => evictDurableObject(key.gate));

  async function abandoned() {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const key = await keyWith({ costMultiplierMilli: 2_000 });
    await key.admit("a");
    await scheduler.wait(250);
    await lapse(key);
    return key;
  }
  const row = (key: { id: string }) =>
    env.DB.prepare("SELECT outcome, cost_nanos, estimated FROM requests WHERE key_id = ?").bind(key.id).all();

  test("is booked as lost at its estimate by the alarm, though nobody calls again", async () => {
    const key = await abandoned();
    expect(await runDurableObjectAlarm(key.gate)).toBe(true);
    expect((await row(key)).results).toEqual([{ outcome: "lost", cost_nanos: 10, estimated: 1 }]);
    expect(await key.report()).toMatchObject({ leases: [], totals: { requests: 1, costNanos: 10 } });
  });

  test.each(["before", "after"])(
    "and is settled late, %s D1 has heard of it, is booked once as it was",
    async (when) => {
      const key = await abandoned();
      if (when === "after") await runDurableObjectAlarm(key.gate);
      else await key.report();
      await key.settle("a");
      await key.settle("a");
      await runDurableObjectAlarm(key.gate);
      expect((await row(key)).results).toEqual([{ outcome: "completed", cost_nanos: 11, estimated: 0 }]);
      expect(await key.summed()).toEqual({ requests: 1, output: 7, cost: 11 });
      expect(await key.report()).toMatchObject({ totals: { requests: 1, costNanos: 11, usage: { output: 7 } } });
    },
  );

  test("is in the books though its object dies when another that lapsed with it has filled a page", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const key = await keyWith();
    await failing(key.gate, "before", Number.POSITIVE_INFINITY);
    await key.use(63);
    for (const lease of ["a", "b", "c"]) await key.admit(lease);
    await scheduler.wait(250);
    await runInDurableObject(key.gate, async (instance, ctx) => {
      for (const lease of ["a", "b", "c"]) await instance.renew(key.id, lease, 0);
      await instance.report(key.id);
      await ctx.storage.sync();
      ctx.abort("struck");
    }).catch(() => undefined);
    const gate = env.GATE.getByName(key.id);
    expect(await gate.report(key.id)).toMatchObject({ leases: [], totals: { requests: 66 }, unflushed: 66 });
    await runDurableObjectAlarm(gate);
    expect(await key.logged()).toBe(66);
  });

  test("lets those in who wait for its place", async () => {
    const key = await keyWith({ concurrency: 1, queueSize: 1, queueTimeoutMs: 20_000 });
    await key.admit("a");
    await key.gate.renew(key.id, "a", 500);
    expect((await key.admit("b")).ok).toBe(true);
  });
});

describe("a key's first use", () => {
  const policy = (fields: Partial<KeyPolicy>) => ({ ...OPEN_POLICY, ...fields });

  /** D1 answers the gate's question when it is told to. */
  async function asking(id: string, row: { policy: KeyPolicy; updatedAt: number }) {
    await env.DB.prepare(
      "INSERT INTO api_keys (id, name, policy, sealed, hint, created_at, updated_at) VALUES (?, 'k', ?, '', '', 0, ?)",
    )
      .bind(id, JSON.stringify(row.policy), row.updatedAt)
      .run();
  }

  test("does not overwrite a revocation that comes while D1 is asked", async () => {
    for (let round = 0; round < 20; round++) {
      const id = `first${round}-${crypto.randomUUID()}`;
      await asking(id, { policy: policy({}), updatedAt: 1 });
      const gate = env.GATE.getByName(id);
      const input = { ...INPUT, leaseId: "a" };
      const [, , after] = await Promise.all([
        gate.admit(id, input),
        gate.setPolicy(id, policy({ enabled: false }), 2),
        scheduler.wait(round).then(() => gate.setPolicy(id, policy({ enabled: false }), 2)),
      ]);
      expect(after).toBeUndefined();
      expect(await gate.admit(id, { ...input, leaseId: "b" })).toMatchObject({ refusal: { reason: "key_disabled" } });
    }
  });

  test("two first changes at once drop no booking", async () => {
    const id = `two-${crypto.randomUUID()}`;
    const gate = env.GATE.getByName(id);
    const entry = { ...ENTRY, id: `${id}-a` };
    await Promise.all([
      gate.setPolicy(id, policy({}), 1),
      gate.settle(id, [{ leaseId: "a", grant: 1, entry, session: null }]),
      gate.setPolicy(id, policy({}), 2),
    ]);
    expect(await gate.report(id)).toMatchObject({ totals: { requests: 1 }, unflushed: 1 });
  });
});

test("a deleted key's bookings reach D1 though D1 was away when the alarm rang", async () => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const key = await keyWith();
  await key.use(2);
  await key.gate.setPolicy(key.id, null, 2);
  await evictDurableObject(key.gate);
  await runInDurableObject(key.gate, (instance) => {
    const away = () => {
      throw new Error("D1 is away");
    };
    Object.defineProperty(instance, "env", {
      value: { ...env, DB: { batch: away, prepare: away } },
      configurable: true,
    });
  });
  await runDurableObjectAlarm(key.gate);
  await evictDurableObject(key.gate);
  expect(await runDurableObjectAlarm(key.gate)).toBe(true);
  expect(await key.logged()).toBe(2);
});
