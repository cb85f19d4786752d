/** What was booked before its price was known is priced once, to the nano-dollar, in the log, the sums and the gate. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ROWS_PER_CALL, reprice } from "../../src/jobs/reprice.ts";
import { retain } from "../../src/jobs/retention.ts";
import { OPEN_POLICY } from "../../src/keys/policy.ts";
import { completePrice } from "../../src/pricing/table.ts";
import type { Entry } from "../../src/store/entry.ts";
import { forgetPrices } from "../../src/store/prices.ts";
import { forgetSnapshot } from "../../src/store/snapshot.ts";
import { NO_USAGE } from "../../src/vocabulary.ts";
import { asAdmin } from "../admin/client.ts";
import { keyWith } from "../gate/key.ts";
import { book, emptyLedger, entry, sums } from "../store/rows.ts";

const HOUR = 3_600_000;
const NOW = Date.parse("2026-11-21T12:34:56Z");

/** $1 in, $2 out, $0.1 cache read, per million: a token of each costs 1,000, 2,000 and 100 nano-dollars. */
const PRICE = completePrice({ input: 1e9, output: 2e9, cacheRead: 1e8, fast: { input: 3e9, output: 6e9 } });

async function setPrice(model: string, price = PRICE): Promise<void> {
  await env.DB.prepare("INSERT OR REPLACE INTO price_overrides VALUES (?, ?, 0)")
    .bind(model, JSON.stringify(price))
    .run();
  forgetPrices();
}

let keys = 0;

async function makeKey(costMultiplierMilli = 1_000): Promise<string> {
  const id = (keys++).toString(16).padStart(32, "0");
  await env.DB.prepare(
    `INSERT INTO api_keys (id, name, description, owner, tags, policy, template_id, sealed, hint, created_at, updated_at, deleted_at)
     VALUES (?, 'k', '', '', '[]', ?, NULL, '', '', 0, 0, NULL)`,
  )
    .bind(id, JSON.stringify({ ...OPEN_POLICY, costMultiplierMilli }))
    .run();
  return id;
}

async function makeAccount(id: string, mapping: Record<string, string>, multiplier: number): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO accounts (id, name, platform, kind, base_url, model_mapping, cost_multiplier_milli, created_at, updated_at)
     VALUES (?, 'a', 'anthropic', 'api-key', 'https://x.test', ?, ?, 0, 0)`,
  )
    .bind(id, JSON.stringify(mapping), multiplier)
    .run();
  forgetSnapshot();
}

const unpriced = (time: number, model = "made-up", fields: Partial<Entry> = {}) =>
  entry(time, { model, unpriced: true, ...fields });
/** What `entry` uses: 100 in, 10 out. */
const COST = 120_000;

const spent = async (key: string) => (await env.GATE.getByName(key).report(key))?.totals.costNanos;
const costs = async () =>
  (
    await env.DB.prepare("SELECT cost_nanos AS c, unpriced AS u FROM requests ORDER BY id").all<{
      c: number;
      u: number;
    }>()
  ).results;
const pending = async () =>
  (await env.DB.prepare("SELECT count(*) AS n FROM settings WHERE name LIKE 'correction/%'").first<number>("n")) ?? -1;

/** Calls until there is nothing left; answers what each call did. */
async function repriceAll(bindings = env): Promise<number[]> {
  const calls: number[] = [];
  let next: number | null = 0;
  while (next !== null) {
    const done: Awaited<ReturnType<typeof reprice>> = await reprice(bindings, NOW, next);
    calls.push(done.repriced);
    next = done.next;
  }
  return calls;
}

beforeEach(async () => {
  await emptyLedger();
  await env.DB.exec("DELETE FROM accounts");
  forgetSnapshot();
});

describe("a price that is set later", () => {
  it("prices every part of the usage, in the mode that served it, in log, sums and gate", async () => {
    const key = await makeKey();
    const usage = {
      ...NO_USAGE,
      input: 7,
      cacheWrite5m: 11,
      cacheWrite1h: 13,
      cacheRead: 17,
      output: 19,
      reasoning: 5,
    };
    await book(key, [
      unpriced(NOW - 3 * HOUR, "made-up", { usage }),
      unpriced(NOW - 2 * HOUR, "made-up", { priceMode: "fast" }),
      unpriced(NOW - 2 * HOUR + 1, "other"),
      entry(NOW - HOUR, { model: "made-up", costNanos: 5 }),
    ]);
    const [before] = (await sums()).filter(({ model }) => model === "made-up");
    await setPrice("made-up");
    // 7 + 11 + 13 inputs at 1,000, 17 reads at 100, 19 outputs at 2,000; fast: 100 × 3,000 + 10 × 6,000
    const [first, second] = [31_000 + 1_700 + 38_000, 360_000];
    expect(await reprice(env, NOW)).toEqual({ repriced: 2, left: 0, next: null, gatesLeft: 0 });
    expect(await costs()).toEqual([
      { c: first, u: 0 },
      { c: second, u: 0 },
      { c: 0, u: 1 },
      { c: 5, u: 0 },
    ]);
    const [after, other] = await sums();
    expect(after).toEqual({ ...before, cost_nanos: first + second + 5, unpriced: 0 });
    expect(other).toMatchObject({ model: "other", cost_nanos: 0, unpriced: 1 });
    expect(await spent(key)).toBe(first + second);
  });

  it("waits for the price of a unit that was used, and prices the other requests of its model meanwhile", async () => {
    const key = await makeKey();
    const spoken = { ...NO_USAGE, characters: 1_000 };
    await book(key, [unpriced(NOW - HOUR), unpriced(NOW - HOUR + 1, "made-up", { usage: spoken, costNanos: 30 })]);
    await setPrice("made-up");
    expect(await repriceAll()).toEqual([1]);
    expect(await costs()).toEqual([
      { c: COST, u: 0 },
      { c: 30, u: 1 },
    ]);
    await setPrice("made-up", completePrice({ input: 1e9, output: 2e9, units: { characters: 15e9 } }));
    expect(await repriceAll()).toEqual([1]);
    expect(await costs()).toEqual([
      { c: COST, u: 0 },
      { c: 15_000_000, u: 0 },
    ]);
  });

  it("counts for every name that means the model, and for no other", async () => {
    const key = await makeKey();
    const names = ["made-up", "anthropic/made-up", "made-up-20260101", "made-up[1m]", "made-up-too", "not-made-up"];
    await book(
      key,
      names.map((name) => unpriced(NOW - HOUR, name)),
    );
    await setPrice("made-up");
    expect((await reprice(env, NOW)).repriced).toBe(4);
    const { results } = await env.DB.prepare("SELECT model FROM requests WHERE unpriced = 1 ORDER BY model").all();
    expect(results).toEqual([{ model: "made-up-too" }, { model: "not-made-up" }]);
  });

  it("takes the multipliers of the key and the account, and the model that the account was asked for", async () => {
    await makeAccount("acc_mapping", { alias: "made-up" }, 1_500);
    await makeAccount("acc_plain", {}, 1_000);
    const [half, full] = [await makeKey(500), await makeKey()];
    await setPrice("made-up");
    await book(half, [unpriced(NOW - HOUR, "alias", { accountId: "acc_mapping" })]);
    await book(full, [
      unpriced(NOW - HOUR, "made-up", { accountId: "acc_mapping" }),
      unpriced(NOW - HOUR, "alias", { accountId: "acc_plain" }),
      unpriced(NOW - HOUR, "made-up", { accountId: "acc_gone" }),
      unpriced(NOW - HOUR, "made-up", { accountId: null }),
    ]);
    expect((await reprice(env, NOW)).repriced).toBe(4);
    expect(await spent(half)).toBe(COST * 0.75);
    expect(await spent(full)).toBe(COST * 1.5 + 2 * COST);
    const sum = async (column: string) => env.DB.prepare(`SELECT sum(${column}) AS n FROM usage_hourly`).first("n");
    expect([await sum("cost_nanos"), await sum("unpriced")]).toEqual([COST * 0.75 + COST * 1.5 + 2 * COST, 1]);
  });

  it("goes by what served a name that stands for several models, and leaves what was served otherwise", async () => {
    await makeAccount("acc_served", {}, 1_000);
    const targets = [{ model: "made-up" }, { model: "another" }];
    const { body } = await asAdmin("POST", "/admin/aliases", { name: "of-several", targets });
    const key = await makeKey();
    const served = (servedModel: string) =>
      unpriced(NOW - HOUR, "of-several", { accountId: "acc_served", servedModel });
    await book(key, [served("made-up"), served("another")]);
    await setPrice("made-up");
    expect((await reprice(env, NOW)).repriced).toBe(1);
    const { results } = await env.DB.prepare("SELECT served_model AS left FROM requests WHERE unpriced = 1").all();
    expect(results).toEqual([{ left: "another" }]);
    await asAdmin("DELETE", `/admin/aliases/${body.id}`);
  });

  it("is applied a bounded number of rows at a time until all are priced, each of them once", async () => {
    const [one, other] = [await makeKey(), await makeKey()];
    const rows = ROWS_PER_CALL + 100;
    for (const key of [one, other]) {
      const entries = Array.from({ length: rows }, (_, at) => unpriced(NOW - (at % 50) * HOUR));
      for (let at = 0; at < rows; at += 200) await book(key, entries.slice(at, at + 200));
    }
    await setPrice("made-up");
    const first = await reprice(env, NOW);
    expect(first).toMatchObject({ repriced: ROWS_PER_CALL, left: 2 * rows - ROWS_PER_CALL, gatesLeft: 0 });
    const calls = await repriceAll();
    expect(Math.max(...calls)).toBeLessThanOrEqual(ROWS_PER_CALL);
    expect(calls.reduce((total, done) => total + done, 0)).toBe(2 * rows - ROWS_PER_CALL);
    expect(await repriceAll()).toEqual([0]);
    for (const row of await sums()) expect(row).toMatchObject({ cost_nanos: rows * COST, unpriced: 0 });
    expect([await spent(one), await spent(other)]).toEqual([rows * COST, rows * COST]);
  });

  it("is applied once by several calls at the same time", async () => {
    const key = await makeKey();
    await book(
      key,
      Array.from({ length: 50 }, () => unpriced(NOW - HOUR)),
    );
    await setPrice("made-up");
    const done = await Promise.all(Array.from({ length: 5 }, () => reprice(env, NOW)));
    expect(done.reduce((total, { repriced }) => total + repriced, 0)).toBe(50);
    expect(await sums()).toMatchObject([{ cost_nanos: 50 * COST, unpriced: 0 }]);
    await reprice(env, NOW);
    expect([await spent(key), await pending()]).toEqual([50 * COST, 0]);
  });

  it("reaches requests whose hour has been folded into its day, and no sum is lost", async () => {
    const key = await makeKey();
    const bindings = { ...env, HOURLY_USAGE_DAYS: "2" };
    await book(key, [unpriced(NOW - 100 * HOUR), unpriced(NOW - 99 * HOUR), unpriced(NOW - HOUR)]);
    await retain(bindings, NOW);
    expect(await env.DB.prepare("SELECT count(*) AS n FROM usage_daily").first("n")).toBe(1);
    await setPrice("made-up");
    expect((await repriceAll(bindings)).reduce((total, done) => total + done, 0)).toBe(3);
    const expected = [{ requests: 3, cost_nanos: 3 * COST, unpriced: 0 }];
    expect(await sums()).toMatchObject(expected);
    await retain(bindings, NOW);
    expect(await sums()).toMatchObject(expected);
    expect(await env.DB.prepare("SELECT unpriced AS n FROM usage_daily").first("n")).toBe(0);
    expect(await repriceAll(bindings)).toEqual([0]);
  });

  it("ends although the sums tell of requests that the log has no more", async () => {
    const key = await makeKey();
    await book(key, [unpriced(NOW - HOUR), unpriced(NOW - HOUR), unpriced(NOW - HOUR)]);
    await env.DB.exec("DELETE FROM requests WHERE id IN (SELECT id FROM requests ORDER BY id LIMIT 2)");
    await setPrice("made-up");
    expect(await repriceAll()).toEqual([1]);
    expect(await repriceAll()).toEqual([0]);
  });
});

describe("the key's gate", () => {
  /** Gates that fail, or answer too late: the work is done, and nobody hears of it. */
  const gates = (correct: (...all: [string, string, [number, number][]]) => Promise<void>) =>
    ({ getByName: () => ({ correct }) }) as unknown as Env["GATE"];

  it("hears of its correction later when it did not answer, and exactly once", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const key = await makeKey();
    await book(key, [unpriced(NOW - HOUR), unpriced(NOW - HOUR)]);
    await setPrice("made-up");
    const down = gates(() => Promise.reject(new Error("moved")));
    expect(await reprice({ ...env, GATE: down }, NOW)).toMatchObject({ repriced: 2, gatesLeft: 1 });
    expect([await spent(key), await pending()]).toEqual([0, 1]);

    const late = gates(async (...all) => {
      await env.GATE.getByName(key).correct(...all);
      throw new Error("the answer was lost");
    });
    expect(await reprice({ ...env, GATE: late }, NOW)).toMatchObject({ repriced: 0, gatesLeft: 1 });
    expect([await spent(key), await pending()]).toEqual([2 * COST, 1]);

    expect(await reprice(env, NOW)).toMatchObject({ repriced: 0, gatesLeft: 0 });
    expect([await spent(key), await pending()]).toEqual([2 * COST, 0]);
    warn.mockRestore();
  });

  it("is not asked where there is nothing to add", async () => {
    const key = await makeKey(0);
    await book(key, [unpriced(NOW - HOUR)]);
    await setPrice("made-up");
    const correct = vi.fn(async () => {});
    expect(await reprice({ ...env, GATE: gates(correct) }, NOW)).toMatchObject({ repriced: 1, gatesLeft: 0 });
    expect(correct).not.toHaveBeenCalled();
    expect(await costs()).toEqual([{ c: 0, u: 0 }]);
  });

  it("and the log and the sums stay as they were when D1 fails in the middle", async () => {
    const key = await makeKey();
    await book(key, [unpriced(NOW - HOUR)]);
    await setPrice("made-up");
    const before = await sums();
    await env.DB.exec("CREATE TRIGGER broken BEFORE UPDATE ON requests BEGIN SELECT raise(ABORT, 'no'); END");
    await expect(reprice(env, NOW)).rejects.toThrow();
    await env.DB.exec("DROP TRIGGER broken");
    expect(await sums()).toEqual(before);
    expect([await spent(key), await pending(), (await costs())[0]?.u]).toEqual([0, 0, 1]);
    expect((await reprice(env, NOW)).repriced).toBe(1);
    expect(await spent(key)).toBe(COST);
  });
});

describe("a provisional charge", () => {
  it("corrects what was charged provisionally in both directions, and the budgets that it was charged to", async () => {
    const key = await keyWith();
    const now = Date.now();
    const settle = async (leaseId: string, one: Entry) => {
      await key.admit(leaseId);
      await key.settle(leaseId, one);
    };
    const old = now - 10 * 24 * HOUR;
    await settle("dear", unpriced(now, "made-up", { costNanos: 50 * COST, durationMs: 0 }));
    await settle("cheap", unpriced(now, "made-up", { costNanos: 1, durationMs: 0 }));
    await settle("old", unpriced(old, "made-up", { costNanos: 0, durationMs: 0 }));
    await key.gate.flush();
    await setPrice("made-up");
    expect(await reprice(env, now)).toMatchObject({ repriced: 3, gatesLeft: 0 });
    expect(await costs()).toEqual([COST, COST, COST].map((c) => ({ c, u: 0 })));
    const [{ cost_nanos: summed } = {}] = await sums();
    expect(summed).toBe(3 * COST);
    const report = await key.report();
    expect(report.totals.costNanos).toBe(3 * COST);
    // What was booked ten days ago belongs to another day and another week.
    expect([report.day.costNanos, report.week.costNanos]).toEqual([2 * COST, 2 * COST]);
  });
});
