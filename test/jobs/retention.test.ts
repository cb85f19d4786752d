/** Old rows go, and no sum changes by it. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { HOURS_PER_RUN, LOG_ROWS_PER_RUN, retain } from "../../src/jobs/retention.ts";
import { USAGE_FIELDS, usageOfFields } from "../../src/vocabulary.ts";
import fc from "../fast-check.ts";
import { book, emptyLedger, entry, LOG_COLUMNS, SUMMED, sums } from "../store/rows.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.parse("2026-11-21T03:17:00Z");

const count = async (table: string) =>
  (await env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>("n")) ?? -1;
const withOffset = (hours: number) => ({ ...env, TIMEZONE_OFFSET: String(hours) });

/** An hour's row, with figures that tell it from all others. */
async function addHour(hour: number, key = "k", model = "m", factor = 1): Promise<void> {
  const figures = SUMMED.split(", ").map((name, at) => (name === "cost_nanos" ? 1_000_000_007 : at + 1) * factor);
  await env.DB.prepare(
    `INSERT INTO usage_hourly (hour, key_id, account_id, model, ${SUMMED}) VALUES (?, ?, 'a', ?, ${figures.join(", ")})`,
  )
    .bind(hour, key, model)
    .run();
}

beforeEach(emptyLedger);

describe("the request log", () => {
  it("loses rows older than its days, to the millisecond, and nothing else", async () => {
    const edge = NOW - 30 * DAY;
    await book("k", [entry(edge - 1), entry(edge), entry(NOW)]);
    const before = await sums();
    expect(await retain(env, NOW)).toMatchObject({ requestsDeleted: 1 });
    const { results } = await env.DB.prepare("SELECT time FROM requests ORDER BY id").all();
    expect(results).toEqual([{ time: edge }, { time: NOW }]);
    expect(await sums()).toEqual(before);
  });

  it("loses a bounded number of rows per run, the oldest first", async () => {
    const rows = LOG_ROWS_PER_RUN + 10;
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)
       INSERT INTO requests (${LOG_COLUMNS})
       SELECT 'req_' || printf('%012x', 1700000000000 + i) || printf('%020x', i), 1700000000000 + i, 'k',
         NULL, 'anthropic', 'c', 'anthropic', NULL, 'm', 200, 'completed', 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'standard', 0, 1, 1, '[]'
       FROM n`,
    )
      .bind(rows)
      .run();
    expect((await retain(env, NOW)).requestsDeleted).toBe(LOG_ROWS_PER_RUN);
    expect(await env.DB.prepare("SELECT min(time) AS t FROM requests").first("t")).toBe(
      1700000000000 + LOG_ROWS_PER_RUN,
    );
    expect((await retain(env, NOW)).requestsDeleted).toBe(10);
    expect((await retain(env, NOW)).requestsDeleted).toBe(0);
  });

  it.each(["", "0", "-1", "many"])("keeps everything where the setting is %j", async (days) => {
    await book("k", [entry(0)]);
    const kept = { ...env, REQUEST_LOG_DAYS: days, HOURLY_USAGE_DAYS: days };
    expect(await retain(kept, NOW)).toEqual({ requestsDeleted: 0, hoursFolded: 0 });
  });
});

describe("hours grown old", () => {
  it("become days: every sum is the same before and after, and a further run changes nothing", async () => {
    const old = NOW - 200 * DAY;
    await book("k1", [
      entry(old, { costNanos: 7, status: 500 }),
      entry(old + HOUR, {
        costNanos: 11,
        unpriced: true,
        usage: usageOfFields((field) => USAGE_FIELDS.indexOf(field) + 1),
      }),
      entry(old + DAY, { costNanos: 13, accountId: null }),
      entry(NOW, { costNanos: 17 }),
    ]);
    await book("k2", [entry(old, { costNanos: 19, model: "other" })]);
    const before = await sums();
    expect(await retain(env, NOW)).toMatchObject({ hoursFolded: 4 });
    expect(await sums()).toEqual(before);
    expect([await count("usage_hourly"), await count("usage_daily")]).toEqual([1, 3]);
    expect(await retain(env, NOW)).toMatchObject({ hoursFolded: 0 });
    expect(await sums()).toEqual(before);
  });

  it("keep their sums over random hours, offsets and runs, late bookings between runs included", async () => {
    const hours = fc.array(
      fc.record({ ago: fc.integer({ min: 0, max: 24 * 10 }), key: fc.constantFrom("k1", "k2"), factor: fc.nat(1_000) }),
      { minLength: 1, maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(hours, hours, fc.constantFrom(-11, -3.5, 0, 5.5, 14), async (first, late, offset) => {
        await emptyLedger();
        const bindings = { ...withOffset(offset), HOURLY_USAGE_DAYS: "5" };
        const total = new Map<string, number>();
        for (const part of [first, late]) {
          for (const { ago, key, factor } of part) {
            await book(key, [entry(NOW - ago * HOUR, { costNanos: factor })]);
            total.set(key, (total.get(key) ?? 0) + factor);
          }
          await retain(bindings, NOW);
          for (const row of await sums()) expect(row.cost_nanos).toBe(total.get(String(row.key_id)));
        }
      }),
      { numRuns: 15 },
    );
  });

  it.each([
    [0, "2026-05-24T23:00:00Z", true],
    [0, "2026-05-25T00:00:00Z", false],
    [14, "2026-05-24T09:00:00Z", true],
    [14, "2026-05-24T10:00:00Z", false],
    [-11, "2026-05-24T10:00:00Z", true],
    [-11, "2026-05-24T11:00:00Z", false],
    [5.5, "2026-05-24T18:00:00Z", true],
    [5.5, "2026-05-24T19:00:00Z", false],
  ])("go by whole days of the offset %s: %s is folded: %s", async (offset, time, folded) => {
    await addHour(Date.parse(time) / HOUR);
    expect((await retain(withOffset(offset), NOW)).hoursFolded).toBe(folded ? 1 : 0);
    if (!folded) return;
    const day = await env.DB.prepare("SELECT day FROM usage_daily").first("day");
    expect(day).toBe(Math.floor((Date.parse(time) + offset * HOUR) / DAY));
  });

  it("go into the day a bounded number at a time, and a day in two parts is one day", async () => {
    const first = Math.floor(NOW / HOUR) - 400 * 24;
    const rows = HOURS_PER_RUN + 100;
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)
       INSERT INTO usage_hourly (hour, key_id, account_id, model, requests, errors, input_tokens,
         cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, output_tokens, reasoning_tokens, web_searches,
         cost_nanos, unpriced)
       SELECT ?2 + i / 40, 'k' || (i % 40), 'a', 'm', 1, 0, 1, 1, 1, 1, 1, 1, 1, i, 0 FROM n`,
    )
      .bind(rows, first)
      .run();
    const before = await sums();
    expect((await retain(env, NOW)).hoursFolded).toBe(HOURS_PER_RUN);
    expect(await sums()).toEqual(before);
    expect((await retain(env, NOW)).hoursFolded).toBe(100);
    expect(await sums()).toEqual(before);
    expect(await count("usage_hourly")).toBe(0);
  });

  it("write a bounded number of rows per run", async () => {
    const counted: number[] = [];
    const DB = new Proxy(env.DB, {
      get(target, property) {
        if (property !== "batch") {
          const value = Reflect.get(target, property);
          return typeof value === "function" ? value.bind(target) : value;
        }
        return async (statements: D1PreparedStatement[]) => {
          const results = await target.batch(statements);
          for (const { meta } of results) counted.push(meta.rows_written);
          return results;
        };
      },
    });
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < 2000)
       INSERT INTO usage_hourly (hour, key_id, account_id, model, requests, errors, input_tokens,
         cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, output_tokens, reasoning_tokens, web_searches,
         cost_nanos, unpriced)
       SELECT 100 + i, 'k' || i, 'a', 'm', 1, 0, 1, 1, 1, 1, 1, 1, 1, i, 0 FROM n`,
    ).run();
    await retain({ ...env, DB }, NOW);
    expect(counted.reduce((total, rows) => total + rows, 0)).toBeLessThanOrEqual(3 * HOURS_PER_RUN);
  });

  it("stay as they were when D1 fails in the middle", async () => {
    await addHour(100);
    await addHour(101, "k2", "m2", 3);
    const before = await sums();
    await env.DB.exec("CREATE TRIGGER broken BEFORE DELETE ON usage_hourly BEGIN SELECT raise(ABORT, 'no'); END");
    await expect(retain(env, NOW)).rejects.toThrow();
    expect([await count("usage_hourly"), await count("usage_daily")]).toEqual([2, 0]);
    await env.DB.exec("DROP TRIGGER broken");
    await retain(env, NOW);
    expect(await sums()).toEqual(before);
    expect([await count("usage_hourly"), await count("usage_daily")]).toEqual([0, 2]);
  });
});

describe("sessions", () => {
  it("are forgotten once they have ended", async () => {
    const insert = env.DB.prepare(
      "INSERT INTO admin_sessions (id, username, created_at, expires_at) VALUES (?, 'admin', 0, ?)",
    );
    await env.DB.batch([insert.bind("ses_old", NOW), insert.bind("ses_new", NOW + 1)]);
    await retain(env, NOW);
    const { results } = await env.DB.prepare("SELECT id FROM admin_sessions").all();
    expect(results).toEqual([{ id: "ses_new" }]);
  });
});
