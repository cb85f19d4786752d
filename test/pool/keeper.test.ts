/** The Keeper in real workerd: what has to hold across keys, isolates and restarts. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DAY_MS } from "../../src/ground/durations.ts";
import type { AccountLimits, Keeper } from "../../src/pool/keeper.ts";
import { classify } from "../../src/providers/faults.ts";

afterEach(() => vi.restoreAllMocks());

const FREE: AccountLimits = { maxConcurrency: null, dailyQuotaNanos: null, quotaResetHour: 0 };
const KEYS = { family: null, keyIds: ["0-aaaa"] };
let made = 0;

function keeper() {
  const id = `acc_test_${made++}`;
  return { id, stub: env.KEEPER.getByName(id) };
}

function overloaded() {
  const body = '{"type":"error","error":{"type":"overloaded_error","message":"no"}}';
  return classify({ platform: "anthropic", family: null, status: 529, headers: new Headers(), body }, Date.now());
}

/** Opens the breaker, and lets its time pass. */
async function opened() {
  const { id, stub } = keeper();
  for (let fault = 0; fault < 3; fault++) await stub.reportFault(id, overloaded(), "0-aaaa");
  await runInDurableObject(stub, (_, ctx) => {
    const state = ctx.storage.kv.get<{ health: { parked: { until: number } } }>("state");
    if (!state) throw new Error("nothing stored");
    state.health.parked.until = Date.now() - 1;
    ctx.storage.kv.put("state", state);
  });
  await evictDurableObject(stub);
  return { id, stub };
}

describe("concurrency", () => {
  test("holds across callers and eviction, and comes free on release, once", async () => {
    const { stub } = keeper();
    const limits = { ...FREE, maxConcurrency: 2 };
    expect(await stub.acquire("a", limits, null)).toBe("granted");
    expect(await stub.acquire("b", limits, null)).toBe("granted");
    await evictDurableObject(stub);
    expect(await stub.acquire("c", limits, null)).toBe("busy");
    await stub.release("a", 0, 0);
    await stub.release("a", 0, 0);
    expect(await stub.acquire("c", limits, null)).toBe("granted");
    expect(await stub.acquire("d", limits, null)).toBe("busy");
  });
});

describe("a call that is repeated", () => {
  test("takes one slot, however often its answer was lost", async () => {
    const { stub } = keeper();
    const limits = { ...FREE, maxConcurrency: 1 };
    expect(await stub.acquire("a", limits, null)).toBe("granted");
    await evictDurableObject(stub);
    expect(await stub.acquire("a", limits, null)).toBe("granted");
    expect((await stub.report(0)).inFlight).toBe(1);
    await stub.release("a", 0, 0);
    expect(await stub.acquire("b", limits, null)).toBe("granted");
  });

  test("takes no slot when it comes after its release", async () => {
    const { stub } = keeper();
    const limits = { ...FREE, maxConcurrency: 1 };
    await stub.release("late", 0, 0);
    expect(await stub.acquire("late", limits, null)).toBe("busy");
    expect((await stub.report(0)).inFlight).toBe(0);
  });

  test("counts a fault once", async () => {
    const { id, stub } = keeper();
    for (let time = 0; time < 3; time++) await stub.reportFault(id, overloaded(), "0-aaaa", "one");
    expect((await stub.report(0)).health.failures).toBe(1);
    expect((await stub.report(0)).errors).toHaveLength(1);
  });
});

describe("a lease whose end nobody tells", () => {
  const limits = { ...FREE, maxConcurrency: 1, dailyQuotaNanos: 100 };
  const later = (minutes: number) => vi.spyOn(Date, "now").mockReturnValue(Date.now() + minutes * 60_000);
  /** A quota is of a day, so none may begin meanwhile. It lies ahead: an alarm that is set for the past rings at once. */
  beforeEach(() => {
    const tomorrow = Math.ceil(Date.now() / DAY_MS) * DAY_MS;
    vi.spyOn(Date, "now").mockReturnValue(tomorrow + DAY_MS / 2);
  });

  test("lapses after 15 minutes and is booked at its estimate; what it cost in truth corrects that", async () => {
    const { stub } = keeper();
    await stub.acquire("a", limits, null, 60);
    later(16);
    expect(await stub.acquire("b", limits, null, 1)).toBe("granted");
    expect((await stub.report(0)).todayNanos).toBe(60);
    await stub.release("a", 85, 0);
    expect(await stub.report(0)).toMatchObject({ todayNanos: 85, inFlight: 1 });
  });

  test("is kept while its stream lives and is renewed", async () => {
    const { stub } = keeper();
    await stub.acquire("a", limits, null, 60);
    later(10);
    await stub.renew("a");
    await evictDurableObject(stub);
    later(10);
    expect(await stub.acquire("b", limits, null)).toBe("busy");
    await stub.release("a", 5, 0);
    expect(await stub.report(0)).toMatchObject({ todayNanos: 5, inFlight: 0 });
  });
});

describe("what D1 does not take", () => {
  const healthIn = async (id: string) => {
    const row = env.DB.prepare("SELECT health FROM account_health WHERE account_id = ?").bind(id);
    return JSON.parse((await row.first<string>("health")) ?? "null") as { disabled: string | null } | null;
  };
  /** Makes the Keeper's next writes to D1 fail: before they reach it, or after they have committed. */
  const failing = (stub: DurableObjectStub<Keeper>, times: number, when: "before" | "after" = "before") =>
    runInDurableObject(stub, (instance) => {
      const real = env.DB;
      const counted = { tried: 0 };
      const batch = async (statements: D1PreparedStatement[]) => {
        counted.tried++;
        if (counted.tried <= times && when === "before") throw new Error("D1 is away");
        const results = await real.batch(statements);
        if (counted.tried <= times) throw new Error("the answer was lost");
        return results;
      };
      const DB = { batch, prepare: real.prepare.bind(real) };
      Object.defineProperty(instance, "env", { value: { ...env, DB }, configurable: true });
      return counted;
    });
  const closed = () => {
    const body = '{"error":{"message":"This organization has been disabled."}}';
    return classify({ platform: "anthropic", family: null, status: 403, headers: new Headers(), body }, Date.now());
  };

  test.each(["before", "after"] as const)("a reset that fails %s reaching D1 is written by the alarm", async (when) => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const { id, stub } = keeper();
    for (let fault = 0; fault < 3; fault++) await stub.reportFault(id, overloaded(), "0-aaaa");
    await failing(stub, 1, when);
    expect(await stub.reset(id)).toMatchObject({ failures: 0, probing: false });
    await evictDurableObject(stub);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await healthIn(id)).toMatchObject({ failures: 0, probing: false });
  });

  test("a success that ends an outage is written when D1 is back", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const { id, stub } = await opened();
    await stub.acquire("probe", FREE, KEYS);
    await failing(stub, 1);
    await stub.reportSuccess(id, "0-aaaa", null);
    expect(await healthIn(id)).toMatchObject({ probing: true });
    await runDurableObjectAlarm(stub);
    expect(await healthIn(id)).toMatchObject({ probing: false });
    const version = env.DB.prepare("SELECT value FROM settings WHERE name = 'health_version'");
    const before = await version.first("value");
    await runDurableObjectAlarm(stub);
    expect(await version.first("value")).toBe(before);
  });

  test("is remembered by an object that dies before it could try", async () => {
    const { id, stub } = keeper();
    await runInDurableObject(stub, (instance, ctx) => {
      const DB = { prepare: env.DB.prepare.bind(env.DB), batch: () => new Promise(() => {}) };
      Object.defineProperty(instance, "env", { value: { ...env, DB }, configurable: true });
      void instance.reportFault(id, closed(), "0-aaaa");
      return ctx.storage.sync();
    });
    await evictDurableObject(stub);
    expect(await healthIn(id)).toBeNull();
    await runDurableObjectAlarm(stub);
    expect(await healthIn(id)).not.toBeNull();
  });

  test("is tried as often as the pauses say, however many faults are reported", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const { id, stub } = keeper();
    const counted = await failing(stub, Number.POSITIVE_INFINITY);
    for (let fault = 0; fault < 20; fault++) await stub.reportFault(id, overloaded(), `0-key${fault}`);
    expect(counted.tried).toBe(1);
    for (let alarm = 0; alarm < 3; alarm++) await runDurableObjectAlarm(stub);
    expect(counted.tried).toBe(4);
  });
});

describe("daily quota", () => {
  test("is spent by what released requests cost, each once", async () => {
    const { stub } = keeper();
    const limits = { ...FREE, dailyQuotaNanos: 100 };
    await stub.acquire("a", limits, null);
    await stub.release("a", 60, 0);
    await stub.release("a", 60, 0);
    expect(await stub.acquire("b", limits, null)).toBe("granted");
    await stub.release("b", 40, 0);
    expect(await stub.acquire("c", limits, null)).toBe("spent");
    expect((await stub.report(0)).todayNanos).toBe(100);
  });
});

test("a slot that the version before has left behind costs nothing when it lapses, and the quota holds on", async () => {
  const { stub } = keeper();
  const limits = { ...FREE, dailyQuotaNanos: 100 };
  await stub.acquire("a", limits, null);
  await stub.release("a", 60, 0);
  await runInDurableObject(stub, (_, ctx) => {
    const state = ctx.storage.kv.get<object>("state");
    const leases = ["b", "c"].map((id) => ({ id, expiresAt: Date.now() - 1, probe: false }));
    ctx.storage.kv.put("state", { ...state, leases });
  });
  await evictDurableObject(stub);
  expect((await stub.report(0)).todayNanos).toBe(60);
  await stub.release("b", 40, 0);
  expect(await stub.acquire("d", limits, null)).toBe("spent");
});

test("a fault before the hour at which the quota's day begins leaves what was spent", async () => {
  const { id, stub } = keeper();
  const hour = (new Date().getUTCHours() + 2) % 24;
  const limits = { ...FREE, dailyQuotaNanos: 100, quotaResetHour: hour };
  await stub.acquire("a", limits, null);
  await stub.release("a", 100, hour);
  await stub.reportFault(id, overloaded(), "0-aaaa");
  expect(await stub.acquire("b", limits, null)).toBe("spent");
});

describe("health", () => {
  test("is written to D1 with a new version, so that every isolate reads it", async () => {
    const { id, stub } = keeper();
    const version = () =>
      env.DB.prepare("SELECT value FROM settings WHERE name = 'health_version'").first<number>("value");
    const before = Number(await version());
    await stub.reportFault(id, overloaded(), "0-aaaa");
    expect(Number(await version())).toBe(before + 1);
    const row = await env.DB.prepare("SELECT health FROM account_health WHERE account_id = ?")
      .bind(id)
      .first<string>("health");
    expect(JSON.parse(row ?? "")).toMatchObject({ failures: 1, lastError: { status: 529 } });
  });

  test("after an outage one probe at a time, and a success ends it", async () => {
    const { id, stub } = await opened();
    expect(await stub.acquire("probe", FREE, KEYS)).toBe("granted");
    expect(await stub.acquire("other", FREE, KEYS)).toBe("probing");
    await stub.reportSuccess(id, "0-aaaa", null);
    await stub.release("probe", 0, 0);
    expect(await stub.acquire("other", FREE, KEYS)).toBe("granted");
    expect(await stub.acquire("third", FREE, KEYS)).toBe("granted");
  });

  test("a probe whose client left has shown nothing: the next may try", async () => {
    const { stub } = await opened();
    expect(await stub.acquire("probe", FREE, KEYS)).toBe("granted");
    await stub.release("probe", 0, 0);
    expect(await stub.acquire("next", FREE, KEYS)).toBe("granted");
    expect(await stub.acquire("other", FREE, KEYS)).toBe("probing");
  });

  test("a failed probe closes the account again", async () => {
    const { id, stub } = await opened();
    await stub.acquire("probe", FREE, KEYS);
    await stub.reportFault(id, overloaded(), "0-aaaa");
    expect(await stub.acquire("next", FREE, KEYS)).toBe("probing");
  });

  test("a reset forgets all of it but the history, which is bounded", async () => {
    const { id, stub } = keeper();
    for (let fault = 0; fault < 60; fault++) await stub.reportFault(id, overloaded(), "0-aaaa");
    const health = await stub.reset(id);
    expect(health).toMatchObject({ parked: null, failures: 0, probing: false });
    const report = await stub.report(0);
    expect(report.errors).toHaveLength(50);
    expect(report.errors[0]).toMatchObject({ status: 529, class: "upstream" });
  });
});
