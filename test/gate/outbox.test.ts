/** The way to D1: what is sent, how often, and what becomes of what D1 does not take. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { KeyGate } from "../../src/gate/gate.ts";
import type { GateState } from "../../src/gate/state.ts";
import type { Entry } from "../../src/store/entry.ts";
import { failing, keyWith } from "./key.ts";

beforeEach(() => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => vi.restoreAllMocks());

type Batch = (statements: D1PreparedStatement[], entries: Entry[]) => Promise<unknown>;

/** The gate with D1 behind `batch`, which gets the entries that are written, and none where it is no ledger write. */
async function behind(gate: DurableObjectStub<KeyGate>, batch: Batch): Promise<void> {
  await runInDurableObject(gate, (instance) => {
    const entriesOf = new WeakMap<object, Entry[]>();
    const prepare = (query: string) => {
      const statement = env.DB.prepare(query);
      return {
        ...statement,
        bind: (...values: unknown[]) => {
          const bound = statement.bind(...values);
          if (typeof values[1] === "string") entriesOf.set(bound, JSON.parse(values[1]));
          return bound;
        },
      };
    };
    const wrapped = (statements: D1PreparedStatement[]) => {
      // A statement without parameters is passed on as it was made here.
      const real = statements.map((one) =>
        entriesOf.has(one) ? one : env.DB.prepare("UPDATE settings SET value = value"),
      );
      return batch(real, entriesOf.get(statements[0] ?? {}) ?? []);
    };
    Object.defineProperty(instance, "env", { value: { ...env, DB: { batch: wrapped, prepare } }, configurable: true });
  });
}

/** What the object has stored. */
function stored(gate: DurableObjectStub<KeyGate>): Promise<GateState> {
  return runInDurableObject(gate, (_, ctx) => {
    const state = ctx.storage.kv.get<GateState>("state");
    if (!state) throw new Error("nothing is stored");
    return state;
  });
}

test("with D1 away, 132 settlements cost a few tries and alarms, however many entries wait", async () => {
  const key = await keyWith();
  let tries = 0;
  await behind(key.gate, async () => {
    tries++;
    throw new Error("D1 is away");
  });
  const alarms = await runInDurableObject(key.gate, (_, ctx) => {
    const counter = { set: 0 };
    const real = ctx.storage.setAlarm.bind(ctx.storage);
    Object.defineProperty(ctx.storage, "setAlarm", {
      configurable: true,
      value: (at: number) => {
        counter.set++;
        return real(at);
      },
    });
    Object.defineProperty(ctx, "counter", { value: counter });
    return counter;
  });
  expect(alarms.set).toBe(0);
  await key.use(132);
  const flush = () => runInDurableObject(key.gate, (gate) => gate.flush().catch((error: unknown) => String(error)));
  // On a slow machine the back-off may be over by now, and this is a try.
  await flush();
  expect(await flush()).toContain("next try");
  const set = await runInDurableObject(key.gate, (_, ctx) => (Reflect.get(ctx, "counter") as { set: number }).set);
  expect({ tries: tries <= 4, set: set <= 4 }).toEqual({ tries: true, set: true });
  expect((await key.report()).unflushed).toBe(132);
});

test("the patience with D1 outlives the object, and grows to a quarter of an hour", async () => {
  const key = await keyWith();
  await key.use(1);
  const waits: number[] = [];
  for (let round = 0; round < 12; round++) {
    await failing(key.gate, "before", Number.POSITIVE_INFINITY);
    await runDurableObjectAlarm(key.gate);
    waits.push((await stored(key.gate)).retryAt - Date.now());
    await evictDurableObject(key.gate);
  }
  expect(waits[1]).toBeGreaterThan(waits[0] ?? 0);
  expect(waits.at(-1)).toBeGreaterThan(14 * 60_000);
  expect(waits.at(-1)).toBeLessThanOrEqual(15 * 60_000);
});

test("with D1 away for long, relaying goes on, the state stays small, and nothing is lost", async () => {
  const key = await keyWith();
  await failing(key.gate, "before", Number.POSITIVE_INFINITY);
  await key.use(300);
  expect((await key.report()).unflushed).toBe(300);
  expect((await stored(key.gate)).pending.length).toBeLessThanOrEqual(64);
  await evictDurableObject(key.gate);
  await key.use(1, 300);
  expect((await key.report()).unflushed).toBe(301);
  await runDurableObjectAlarm(key.gate);
  expect(await key.logged()).toBe(301);
  expect(await key.summed()).toEqual({ requests: 301, output: 2107, cost: 3311 });
  expect((await key.report()).unflushed).toBe(0);
}, 60_000);

test("with D1 away, the settlement that fills a page lets the next in the queue in like any other", async () => {
  const key = await keyWith({ concurrency: 1, queueSize: 1, queueTimeoutMs: 30_000 });
  await failing(key.gate, "before", Number.POSITIVE_INFINITY);
  for (let round = 0; round < 70; round++) {
    expect((await key.admit(`first${round}`)).ok).toBe(true);
    const next = key.admit(`next${round}`);
    await key.settle(`first${round}`);
    expect((await next).ok).toBe(true);
    await key.settle(`next${round}`);
  }
}, 60_000);

test("a day of full load, 50,000 entries, waits in pages of which never more than one is loaded", async () => {
  const key = await keyWith();
  await key.use(1);
  await runInDurableObject(key.gate, (_, ctx) => {
    const state = ctx.storage.kv.get<GateState>("state");
    const [entry] = state?.pending ?? [];
    if (!state || !entry) throw new Error("nothing is stored");
    for (let page = 0; page < 780; page++) {
      const entries = Array.from({ length: 64 }, (_, at) => ({ ...entry, id: `req_day_${page}_${at}` }));
      ctx.storage.kv.put(`page/${String(page).padStart(15, "0")}`, entries);
    }
    ctx.storage.kv.put("state", { ...state, seq: 49_921, paged: 49_920 });
  });
  await evictDurableObject(key.gate);
  expect((await key.report()).unflushed).toBe(49_921);
  let most = 0;
  let written = 0;
  await behind(key.gate, async (_, entries) => {
    most = Math.max(most, entries.length);
    written += entries.length;
    return [];
  });
  let lists = 0;
  let listed = 0;
  await runInDurableObject(key.gate, (_, ctx) => {
    const { kv } = ctx.storage;
    const list = kv.list.bind(kv);
    Object.defineProperty(kv, "list", {
      configurable: true,
      value: (options: SyncKvListOptions) => {
        const pages = [...list(options)];
        lists++;
        listed += pages.length;
        return pages;
      },
    });
  });
  let rounds = 0;
  for (; (await key.report()).unflushed > 0 && rounds < 100; rounds++) await runDurableObjectAlarm(key.gate);
  expect(written).toBe(49_921);
  expect(most).toBe(64);
  expect(rounds).toBe(78);
  expect(listed).toBeLessThanOrEqual(lists);
}, 120_000);

test.each([0, 5, 39])(
  "an entry that D1 refuses (number %i of 40) is set aside, counted, and blocks nobody",
  async (which) => {
    const key = await keyWith();
    await failing(key.gate, "before", Number.POSITIVE_INFINITY);
    await key.use(31);
    await key.use(9, 31);
    const poison = `${key.id}-r${which}`;
    await behind(key.gate, async (statements, entries) => {
      if (entries.some(({ id }) => id === poison))
        throw new Error("D1_ERROR: CHECK constraint failed: SQLITE_CONSTRAINT");
      return env.DB.batch(statements);
    });
    await runDurableObjectAlarm(key.gate);
    expect(await key.logged()).toBe(39);
    expect(await key.report()).toMatchObject({ unflushed: 0, quarantined: 1, totals: { requests: 40 } });
    const kept = await runInDurableObject(key.gate, (_, ctx) => ctx.storage.kv.get<Entry>(`quarantine/${poison}`));
    expect(kept).toMatchObject({ id: poison, costNanos: 11 });
    await key.use(3, 100);
    await key.gate.flush();
    expect(await key.logged()).toBe(42);
  },
);

test("while D1 takes nothing, no entry is blamed for it, also when it goes away in the middle of the search", async () => {
  const key = await keyWith();
  await key.use(8);
  let calls = 0;
  await behind(key.gate, async (statements, entries) => {
    calls++;
    // The first write fails, D1 then takes one half, and goes away.
    if (calls === 1 || calls > 3) throw new Error("away");
    return entries.length === 0 ? [] : env.DB.batch(statements);
  });
  await runDurableObjectAlarm(key.gate);
  expect(await key.report()).toMatchObject({ unflushed: 4, quarantined: 0 });
});

test("an entry whose writes fail by chance while others are taken is written later, not set aside", async () => {
  const key = await keyWith();
  await key.use(2);
  let calls = 0;
  await behind(key.gate, async (statements, entries) => {
    calls++;
    // Both together, and then the first alone.
    if (calls === 1 || calls === 3) throw new Error("D1_ERROR: Network connection lost.");
    return entries.length === 0 ? [] : env.DB.batch(statements);
  });
  await runDurableObjectAlarm(key.gate);
  expect([await key.logged(), (await key.report()).quarantined]).toEqual([1, 0]);
  await runDurableObjectAlarm(key.gate);
  expect([await key.logged(), (await key.report()).quarantined]).toEqual([2, 0]);
});

test("a missing migration sets nothing aside", async () => {
  const key = await keyWith();
  await key.use(5);
  await behind(key.gate, async (_, entries) => {
    if (entries.length > 0) throw new Error("D1_ERROR: no such column: SQLITE_ERROR");
  });
  await runDurableObjectAlarm(key.gate);
  expect(await key.report()).toMatchObject({ unflushed: 5, quarantined: 0 });
});

test("a megabyte of a model's name is cut: the stored value and each write stay far below 2 MB", async () => {
  const key = await keyWith();
  let largest = 0;
  await behind(key.gate, async (statements, entries) => {
    largest = Math.max(largest, new TextEncoder().encode(JSON.stringify(entries)).length);
    if (largest > 2_000_000) throw new Error("string or blob too big: SQLITE_TOOBIG");
    return entries.length === 0 ? [] : env.DB.batch(statements);
  });
  await runInDurableObject(key.gate, (_, ctx) => {
    const { kv } = ctx.storage;
    const put = kv.put.bind(kv);
    Object.defineProperty(kv, "put", {
      configurable: true,
      value: (name: string, value: unknown) => {
        // Two bytes to a character where any is beyond Latin-1.
        if (JSON.stringify(value).length * 2 > 2_000_000) throw new Error("Values cannot be larger than 2097152 bytes");
        put(name, value);
      },
    });
  });
  const huge = `\u0000${"模".repeat(1_000_000)}`;
  const attempts = Array.from({ length: 500 }, () => ({
    account_id: "模".repeat(1_000),
    status: 500,
    error: null,
    ms: 1,
  }));
  for (let at = 0; at < 80; at++) {
    const admission = await key.admit(`r${at}`, { session: huge });
    expect(admission.ok).toBe(true);
    if (at % 8 > 0) continue;
    const entry = { model: huge, client: huge, accountId: huge, attempts };
    await key.gate.settle(key.id, [{ ...key.settlement(`r${at}`, entry), session: huge, response: { id: huge } }]);
  }
  await key.gate.flush();
  expect(await key.logged()).toBe(10);
  expect(largest).toBeLessThan(500_000);
  const { results } = await env.DB.prepare("SELECT model FROM requests WHERE key_id = ?")
    .bind(key.id)
    .all<{ model: string }>();
  expect(results[0]?.model.length).toBe(256);
}, 60_000);

test("what is booked while a flush is under way has an alarm of its own when the alarm rings meanwhile", async () => {
  const key = await keyWith();
  await key.use(1);
  let held = true;
  let begun = false;
  await behind(key.gate, async (statements) => {
    begun = true;
    while (held) await scheduler.wait(1);
    return env.DB.batch(statements);
  });
  const flushed = key.gate.flush();
  while (!begun) await scheduler.wait(1);
  await key.use(1, 1);
  const next = await runInDurableObject(key.gate, async (instance, ctx) => {
    // As the runtime does when it rings.
    await ctx.storage.deleteAlarm();
    const rung = instance.alarm();
    held = false;
    await rung;
    return ctx.storage.getAlarm();
  });
  await flushed;
  expect((await key.report()).unflushed).toBe(1);
  expect(next).toEqual(expect.any(Number));
});

test("a flush that waits for another, which fails, waits as long as that has found", async () => {
  const key = await keyWith();
  await key.use(1);
  let writes = 0;
  await behind(key.gate, async (_, entries) => {
    if (entries.length > 0) writes++;
    await scheduler.wait(50);
    throw new Error("D1 is away");
  });
  const flushed = await runInDurableObject(key.gate, async (gate) => {
    const first = gate.flush();
    while (writes === 0) await scheduler.wait(1);
    return Promise.allSettled([first, gate.flush()]);
  });
  expect(flushed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(writes).toBe(1);
});
