/** The Keeper in real workerd: what has to hold across keys, isolates and restarts. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { AccountLimits } from "../../src/pool/keeper.ts";
import { classify } from "../../src/providers/faults.ts";

const FREE: AccountLimits = { maxConcurrency: null, dailyQuotaNanos: null, quotaResetHour: 0 };
const KEYS = { family: null, keyIds: ["0-aaaa"] };
let made = 0;

function keeper() {
  const id = `acc_test_${made++}`;
  return { id, stub: env.KEEPER.getByName(id) };
}

function overloaded() {
  const body = '{"type":"error","error":{"type":"overloaded_error","message":"no"}}';
  return classify({ platform: "anthropic", model: null, status: 529, headers: new Headers(), body }, Date.now());
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
