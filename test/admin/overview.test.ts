/** The overview: what needs somebody, what was used beside the time before, and what is left of the free plan today. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { readMonth } from "../../src/admin/overview/month.ts";
import { MOST_ROWS } from "../../src/admin/overview/verbs.ts";
import { reprice } from "../../src/jobs/reprice.ts";
import { HEALTHY } from "../../src/pool/health.ts";
import { formatUsd } from "../../src/pricing/money.ts";
import { completePrice } from "../../src/pricing/table.ts";
import { forgetPrices } from "../../src/store/prices.ts";
import { NO_USAGE, USAGE_COLUMNS } from "../../src/vocabulary.ts";
import { keyWith } from "../gate/key.ts";
import { book, emptyLedger, entry } from "../store/rows.ts";
import { asAdmin, signIn } from "./client.ts";
import { notingDatabase } from "./noting-database.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOON = Date.parse("2026-11-21T12:00:00Z");
const COUNTS = Object.values(USAGE_COLUMNS).join(", ");
const ZEROS = Object.values(USAGE_COLUMNS)
  .map(() => "0")
  .join(", ");
const RANGE = "from=2026-11-21T00:00:00Z&to=2026-11-22T00:00:00Z";

// biome-ignore lint/suspicious/noExplicitAny: a test that reads a field of another kind of answer fails on it
type Overview = any;

async function read(query = RANGE, bindings?: Partial<Env>): Promise<Overview> {
  const { status, body } = await asAdmin("GET", `/admin/overview?${query}`, undefined, bindings);
  expect([status, body]).toEqual([200, expect.anything()]);
  return body;
}

beforeAll(signIn);
beforeEach(async () => {
  await emptyLedger();
  await env.DB.batch(
    ["key_figures", "refusals_hourly", "accounts"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
  );
});

const account = async (name: string, fields: object = {}) =>
  (
    await asAdmin("POST", "/admin/accounts", {
      name,
      platform: "anthropic",
      kind: "api-key",
      api_key: `sk-${name}-0123456789`,
      ...fields,
    })
  ).body.id;

describe("tiles", () => {
  it("tell the range beside as long a time before, bucket by bucket", async () => {
    await book("k", [
      entry(NOON - DAY, { costNanos: 1_000_000_000, ttftMs: 100 }),
      entry(NOON - HOUR, { costNanos: 2_000_000_000, ttftMs: 100 }),
      entry(NOON, { costNanos: 3_000_000_000, ttftMs: 100 }),
      entry(NOON, { status: 529, outcome: "upstream_error", ttftMs: null }),
      entry(NOON, { status: 499, outcome: "client_left", ttftMs: null }),
    ]);
    const { tiles, buckets, totals } = await read();
    expect(buckets).toHaveLength(24);
    expect(buckets[12]).toBe("2026-11-21T12:00:00.000Z");
    expect(tiles.cost_usd).toMatchObject({ now: "5", before: "1" });
    expect(tiles.cost_usd.series.slice(10, 14)).toEqual(["0", "2", "3", "0"]);
    expect(tiles.requests).toMatchObject({ now: 4, before: 1 });
    expect(tiles.error_rate).toMatchObject({ now: 0.25, before: 0 });
    expect(tiles.error_rate.series.slice(10, 13)).toEqual([null, 0, 0.3333]);
    expect(tiles.ttft_p50_ms).toMatchObject({ now: 125, before: 125 });
    expect(totals.outcomes).toMatchObject({ completed: 2, upstream_error: 1, client_left: 1 });
  });

  it("tell the rate of errors from the requests whose outcome is known: those of an older version have none", async () => {
    await book("k", [entry(NOON - HOUR), entry(NOON - HOUR), entry(NOON - HOUR)]);
    await env.DB.prepare("UPDATE usage_hourly SET outcome_completed = 0").run();
    await book("k", [entry(NOON), entry(NOON, { status: 529, outcome: "upstream_error", ttftMs: null })]);
    const { tiles } = await read();
    expect(tiles.error_rate.now).toBe(0.5);
    expect(tiles.error_rate.series.slice(11, 13)).toEqual([0, 0.5]);
  });

  it("are by day for more than three days", async () => {
    await book("k", [entry(NOON - 2 * DAY, { costNanos: 1 }), entry(NOON, { costNanos: 2 })]);
    const { buckets, tiles } = await read("from=2026-11-15T00:00:00Z&to=2026-11-22T00:00:00Z");
    expect(buckets).toEqual(["15", "16", "17", "18", "19", "20", "21"].map((day) => `2026-11-${day}`));
    expect(tiles.requests.series).toEqual([0, 0, 0, 0, 1, 0, 1]);
  });
});

describe("cost", () => {
  it("is stacked by model, key or account, the dearest by themselves and the rest as one", async () => {
    const dear = await account("dear");
    await book(
      "k",
      Array.from({ length: 9 }, (_, at) =>
        entry(NOON - (at % 2) * HOUR, { model: `m${at}`, accountId: dear, costNanos: (9 - at) * 1_000_000_000 }),
      ),
    );
    const { stack } = await read();
    expect(stack.map(({ id, total_cost_usd }: Overview) => [id, total_cost_usd])).toEqual([
      ["m0", "9"],
      ["m1", "8"],
      ["m2", "7"],
      ["m3", "6"],
      ["m4", "5"],
      ["m5", "4"],
      [null, "6"],
    ]);
    expect(stack[1].cost_usd.slice(10, 13)).toEqual(["0", "8", "0"]);
    expect((await read(`${RANGE}&stack=account`)).stack).toMatchObject([
      { id: dear, name: "dear", total_cost_usd: "45" },
    ]);
    expect((await read(`${RANGE}&stack=key`)).top_keys).toEqual([
      { id: "k", name: null, requests: 9, cost_usd: "45", budgets: null },
    ]);
  });

  it("has the dearest keys with their budgets, the same by whatever it is stacked", async () => {
    const made = await asAdmin("POST", "/admin/api-keys", { name: "alice", daily_cost_limit_usd: "5" });
    const { id } = made.body;
    await book(id, [entry(NOON, { costNanos: 2_000_000_000 }), entry(NOON - HOUR, { costNanos: 1_000_000_000 })]);
    await book("gone", [entry(NOON, { costNanos: 1_000_000_000 })]);
    await env.DB.prepare("UPDATE key_figures SET day_started_at = ?1, day_cost_nanos = 4000000000 WHERE key_id = ?2")
      .bind(Date.now(), id)
      .run();
    const byModel = (await read()).top_keys;
    expect(byModel).toMatchObject([
      {
        id,
        name: "alice",
        requests: 2,
        cost_usd: "3",
        budgets: { daily_cost_limit_usd: "5", weekly_cost_limit_usd: null },
      },
      { id: "gone", name: null, requests: 1, cost_usd: "1", budgets: null },
    ]);
    expect((await read(`${RANGE}&stack=key`)).top_keys).toEqual(byModel);
    expect((await read(`${RANGE}&stack=account`)).top_keys).toEqual(byModel);
  });

  it("is told unstacked where there are more layers than a view adds up, and adds up all the same", async () => {
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
       INSERT INTO usage_hourly (hour, key_id, account_id, model, requests, errors, input_tokens, cache_write_5m_tokens,
         cache_write_1h_tokens, cache_read_tokens, output_tokens, reasoning_tokens, web_searches, cost_nanos, unpriced)
       SELECT ?2, 'k', 'a', 'm' || i, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1000000, 0 FROM n`,
    )
      .bind(MOST_ROWS, NOON / HOUR)
      .run();
    const { stack, tiles } = await read();
    expect(stack).toEqual([]);
    expect(tiles.requests.series[12]).toBe(MOST_ROWS + 1);
    expect(tiles.cost_usd.now).toBe("1.001");
  });

  it("tells what caches have saved, at list prices", async () => {
    // Claude Sonnet 4.5: $3 a million of input, $0.30 read from a cache, $3.75 written to it.
    const usage = { ...NO_USAGE, input: 1_000_000, cacheRead: 2_000_000, cacheWrite5m: 1_000_000 };
    await book("k", [entry(NOON, { model: "claude-sonnet-4-5", usage })]);
    expect((await read()).cache).toEqual({ share: 0.5, saved_usd: "4.65" });
    await emptyLedger();
    expect((await read()).cache).toEqual({ share: null, saved_usd: "0" });
  });

  it("is forecast to the month's end from its last seven days", async () => {
    vi.useFakeTimers({ now: NOON, toFake: ["Date"] });
    try {
      await book("k", [
        entry(Date.parse("2026-11-02T10:00:00Z"), { costNanos: 3_000_000_000 }),
        entry(NOON - 2 * DAY, { costNanos: 7_500_000_000 }),
        entry(Date.parse("2026-10-31T10:00:00Z"), { costNanos: 50_000_000_000 }),
      ]);
      // Seven and a half days have cost $7.50, and nine and a half are left.
      expect((await read()).month).toEqual({
        from: "2026-11-01T00:00:00.000Z",
        to: "2026-12-01T00:00:00.000Z",
        cost_usd: "10.5",
        forecast_usd: "20",
      });
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a month of many sums", () => {
  const costs = async (now = NOON) => (await readMonth({ env, now }))?.cost_usd;
  const fill = (day: string, sums: number, nanos: number) =>
    env.DB.prepare(
      `INSERT INTO usage_hourly (hour, key_id, account_id, model, requests, errors, ${COUNTS}, cost_nanos, unpriced)
       WITH RECURSIVE n(at) AS (SELECT 0 UNION ALL SELECT at + 1 FROM n WHERE at < ?2 - 1)
       SELECT ?1 + at % 24, 'k' || at, '', 'm', 1, 0, ${ZEROS}, ?3, 0 FROM n`,
    )
      .bind(Date.parse(`${day}T00:00:00Z`) / HOUR, sums, nanos)
      .run();

  it("is added up by some days at each look, is not told before it is whole, and then costs the sums of two days", async () => {
    await fill("2026-11-03", 15_000, 1_000_000);
    await fill("2026-11-05", 15_000, 1_000_000);
    await fill("2026-11-21", 30, 1_000_000_000);
    expect(await costs()).toBeUndefined();
    expect(await costs()).toBe("60");
    const { DB, rowsRead } = notingDatabase();
    expect((await readMonth({ env: { ...env, DB }, now: NOON }))?.cost_usd).toBe("60");
    expect(await rowsRead()).toBeLessThanOrEqual(2 * 30 + 3);
  });

  it("has what was booked late into yesterday, keeps its days over midnight, and begins anew with the month", async () => {
    await fill("2026-11-02", 1, 1_000_000_000);
    expect(await costs()).toBe("1");
    await fill("2026-11-20", 1, 2_000_000_000);
    expect(await costs()).toBe("3");
    expect(await costs(NOON + 3 * DAY)).toBe("3");
    expect(await costs(NOON + 11 * DAY)).toBe("0");
  });

  it("forgets the days whose requests have got another price", async () => {
    await book("k", [entry(Date.parse("2026-11-02T10:00:00Z"), { costNanos: 5, unpriced: true, model: "made-up" })]);
    expect(await costs()).toBe("0.000000005");
    await env.DB.prepare("INSERT OR REPLACE INTO price_overrides VALUES ('made-up', ?, 0)")
      .bind(JSON.stringify(completePrice({ input: 1e9, output: 2e9 })))
      .run();
    forgetPrices();
    expect(await reprice(env, NOON)).toMatchObject({ repriced: 1 });
    const repriced = await env.DB.prepare("SELECT sum(cost_nanos) AS nanos FROM usage_hourly").first<number>("nanos");
    expect(await costs()).toBe(formatUsd(repriced ?? 0));
  });
});

describe("what needs attention", () => {
  it("is nothing where all is well", async () => {
    await account("fine");
    expect((await read()).attention).toEqual([]);
  });

  it("is accounts out of service, worst first, failed tests, sign-ins near their end, keys that are used up, and models without a price", async () => {
    const health = async (id: string, value: object) =>
      env.DB.prepare("INSERT INTO account_health VALUES (?, ?, 0)")
        .bind(id, JSON.stringify({ ...HEALTHY, ...value }))
        .run();
    const limited = await account("limited");
    await health(limited, { parked: { until: Date.now() + HOUR, condition: "rate_limited", known: true, level: 0 } });
    const signIn = await account("signed-out");
    await health(signIn, { disabled: "reauth_required" });
    const failed = await account("failed");
    await health(failed, { lastTest: { at: NOON, ok: false, condition: "model_unknown" } });
    await account("paused", { schedulable: false });
    const ending = await account("ending");
    const inAWeek = Date.now() + 7 * DAY;
    await env.DB.prepare("UPDATE credentials SET ends_at = ? WHERE account_id = ?").bind(inAWeek, ending).run();
    const lasting = await account("lasting");
    await env.DB.prepare("UPDATE credentials SET ends_at = ? WHERE account_id = ?")
      .bind(inAWeek * 2, lasting)
      .run();
    const { id } = (await asAdmin("POST", "/admin/api-keys", { name: "bob", total_cost_limit_usd: "1" })).body;
    const figures = env.DB.prepare(
      `INSERT INTO key_figures (key_id, said_at, policy_version, state, last_used_at, requests, tokens, cost_nanos)
       SELECT id, 1, updated_at, 'budget_used', 1, 1, 1, 1 FROM api_keys WHERE id = ?`,
    );
    await figures.bind(id).run();
    await book("k", [entry(NOON, { unpriced: true })]);
    expect((await read()).attention).toEqual([
      expect.objectContaining({ kind: "account", id: signIn, status: "sign_in_needed", until: null }),
      expect.objectContaining({ kind: "account", id: limited, status: "limited", until: expect.any(String) }),
      expect.objectContaining({ kind: "account_test", id: failed, at: new Date(NOON).toISOString() }),
      { kind: "sign_in_ends", id: ending, name: "ending", until: new Date(inAWeek).toISOString() },
      { kind: "key", id, name: "bob", state: "budget_used", until: null },
      { kind: "unpriced", requests: 1 },
    ]);
    // More budget, and it is nobody's worry.
    await asAdmin("PATCH", `/admin/api-keys/${id}`, { total_cost_limit_usd: "5" });
    expect((await read()).attention.filter(({ kind }: Overview) => kind === "key")).toEqual([]);
  });
});

describe("the free-plan meter", () => {
  const used = ({ meter }: Overview) =>
    Object.fromEntries(meter.allowances.map(({ name, used }: Overview) => [name, used]));

  it("has what gates have counted: each call, each row stored, each row of their flushes", async () => {
    const key = await keyWith();
    const before = used(await read());
    let puts = 0;
    await runInDurableObject(key.gate, (_, ctx) => {
      const counted = (storage: object) => {
        const put = Reflect.get(storage, "put");
        const value = (...args: unknown[]) => {
          puts++;
          return put.apply(storage, args);
        };
        Object.defineProperty(storage, "put", { configurable: true, value });
      };
      counted(ctx.storage.kv);
      counted(ctx.storage);
    });
    await key.use(3);
    await key.gate.flush();
    // The second says what the first has cost.
    await key.use(1, 3);
    await key.gate.flush();
    const after = used(await read());
    // setPolicy, four admissions, four settlements, two flushes.
    expect(after.object_requests - before.object_requests).toBe(11);
    // The alarm is a row, and so was the key's policy; what the second flush stores itself comes with the next.
    expect(after.object_rows - before.object_rows).toBeGreaterThanOrEqual(puts + 1);
    expect(after.object_rows - before.object_rows).toBeLessThanOrEqual(puts + 3);
    // Three requests, their sums by model with an index entry and by client, and the key's figures.
    expect(after.d1_rows - before.d1_rows).toBe(7);
    expect(after.worker_requests - before.worker_requests).toBeGreaterThanOrEqual(4);
  });

  it("counts the console's own requests, and says when an allowance will be gone at this rate", async () => {
    const first = used(await read()).worker_requests;
    for (let count = 0; count < 60; count++) await asAdmin("GET", "/admin/session");
    expect(used(await read()).worker_requests - first).toBe(61);
    const day = Math.floor(Date.now() / DAY);
    const elapsed = Date.now() - day * DAY;
    const half = env.DB.prepare(
      `INSERT INTO key_figures (key_id, said_at, last_used_at, requests, tokens, cost_nanos, meter_day, object_rows, d1_rows)
       VALUES ('busy', 1, 1, 1, 1, 1, ?1, 99999, ?2)`,
    );
    await half.bind(day, Math.floor((elapsed / DAY) * 40_000)).run();
    const { meter } = await read();
    const of = (name: string) => meter.allowances.find((one: Overview) => one.name === name);
    expect(of("object_rows")).toMatchObject({ limit: 100_000, used: 99_999, estimated: 0 });
    expect(Date.parse(of("object_rows").exhausted_at)).toBeLessThan((day + 1) * DAY);
    expect(of("d1_rows").exhausted_at).toBeNull();
    // Another day's count is not today's.
    await env.DB.prepare("UPDATE key_figures SET meter_day = ?")
      .bind(day - 1)
      .run();
    expect(used(await read()).object_rows).toBe(0);
  });

  it("estimates what nobody counts, and says so: accounts with limits of their own", async () => {
    const id = await account("bounded", { max_concurrency: 3 });
    const time = Math.max(Math.floor(Date.now() / DAY) * DAY, Date.now() - 1_000);
    await book("k", [entry(time, { accountId: id }), entry(time, { accountId: id })]);
    const { meter } = await read();
    expect(meter.allowances).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: "object_requests", estimated: 4 })]),
    );
  });
});

describe("what it costs", () => {
  it("is the sums of the range twice, each counted up to four times, those of the time before and of two days singly, and some rows for each account and key", async () => {
    const entries = Array.from({ length: 200 }, (_, at) => entry(NOON, { model: `m${at}` }));
    for (let at = 0; at < entries.length; at += 50) await book("k", entries.slice(at, at + 50));
    // What the days before have cost is kept from then on.
    await read();
    const { DB, noted, rowsRead } = notingDatabase();
    await read(RANGE, { DB });
    // Two reports at four rows for each sum, where each is a group of its own, and what does not grow with them.
    expect(await rowsRead()).toBeLessThan(2 * 4 * 200 + 100);
    // The free plan allows 50 to an invocation.
    expect(noted.length).toBeLessThan(30);
  });
});
