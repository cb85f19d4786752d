/** What an object that dies leaves behind: its storage as it was written, and nothing of its memory. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type KeyPolicy, OPEN_POLICY } from "../../src/gate/policy.ts";
import type { GateState } from "../../src/gate/state.ts";
import { ASK, ENTRY, keyWith } from "./key.ts";

afterEach(() => vi.restoreAllMocks());

test("nothing is sent to D1 that is not stored", async () => {
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
        bind: (keyId: string, json: string) => {
          sent = (JSON.parse(json) as { id: string }[]).map(({ id }) => id);
          return statement.bind(keyId, json);
        },
      };
    };
    Object.defineProperty(instance, "env", { value: { ...env, DB: { batch, prepare } }, configurable: true });
    // Beside a request in flight a settlement is stored a moment later: the flush comes before.
    const settled = Array.from({ length: 40 }, (_, at) => instance.settle(key.id, [key.settlement(`r${at}`)]));
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

test("a settlement that is repeated with 300 others in between is booked once, also after a restart", async () => {
  const key = await keyWith();
  await key.use(301);
  await key.settle("r0");
  await evictDurableObject(key.gate);
  await key.settle("r0");
  expect((await key.report()).totals.requests).toBe(301);
}, 60_000);

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
      const ask = { ...ASK, leaseId: "a" };
      const [, , after] = await Promise.all([
        gate.admit(id, ask),
        gate.setPolicy(id, policy({ enabled: false }), 2),
        scheduler.wait(round).then(() => gate.setPolicy(id, policy({ enabled: false }), 2)),
      ]);
      expect(after).toBeUndefined();
      expect(await gate.admit(id, { ...ask, leaseId: "b" })).toMatchObject({ refusal: { reason: "key_disabled" } });
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
