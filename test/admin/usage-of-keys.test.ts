/** What several keys have used day by day: the lines in the list of keys. */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { MOST_KEY_SUMS } from "../../src/admin/usage/keys.ts";
import { retain } from "../../src/jobs/retention.ts";
import { USAGE_COLUMNS } from "../../src/vocabulary.ts";
import { book, emptyLedger, entry } from "../store/rows.ts";
import { asAdmin, signIn } from "./client.ts";
import { notingDatabase } from "./noting-database.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOON = Date.parse("2026-11-21T12:00:00Z");

const read = (query: string, bindings?: Partial<Env>) =>
  asAdmin("GET", `/admin/usage/keys?${query}`, undefined, bindings);

beforeAll(signIn);
beforeEach(async () => {
  await emptyLedger();
  vi.useFakeTimers({ now: NOON, toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the usage of several keys", () => {
  it("has every day of each key that was asked for, in their order, with zeros where nothing was used", async () => {
    await book("busy", [
      entry(NOON - 7 * DAY, { costNanos: 9_000_000_000 }),
      entry(NOON - 6 * DAY, { costNanos: 1_000_000_000 }),
      entry(NOON - HOUR, { costNanos: 2_000_000_000, model: "one" }),
      entry(NOON, { costNanos: 500_000_000, model: "two" }),
    ]);
    await book("other", [entry(NOON, { costNanos: 7 })]);
    const { body } = await read("key_ids=idle,busy");
    expect(body).toEqual({
      days: ["15", "16", "17", "18", "19", "20", "21"].map((day) => `2026-11-${day}`),
      items: [
        { key_id: "idle", requests: [0, 0, 0, 0, 0, 0, 0], cost_usd: ["0", "0", "0", "0", "0", "0", "0"] },
        { key_id: "busy", requests: [1, 0, 0, 0, 0, 0, 2], cost_usd: ["1", "0", "0", "0", "0", "0", "2.5"] },
      ],
    });
  });

  it("goes by the relay's own days, also where hours have been folded into them", async () => {
    await book("k", [entry(Date.parse("2026-11-18T20:00:00Z")), entry(Date.parse("2026-11-20T20:00:00Z"))]);
    const bindings = { TIMEZONE_OFFSET: "8", HOURLY_USAGE_DAYS: "1" };
    const before = (await read("key_ids=k&days=3", bindings)).body;
    expect(before).toMatchObject({
      days: ["2026-11-19", "2026-11-20", "2026-11-21"],
      items: [{ requests: [1, 0, 1] }],
    });
    await retain({ ...env, ...bindings }, NOON);
    expect(await env.DB.prepare("SELECT count(*) AS n FROM usage_daily").first("n")).toBe(1);
    expect((await read("key_ids=k&days=3", bindings)).body).toEqual(before);
  });

  it.each([
    "",
    "key_ids=",
    "key_ids=a,,b",
    "key_ids=a&days=0",
    "key_ids=a&days=32",
    "key_ids=a&days=x",
    "key_ids=a&hours=2",
    `key_ids=${Array.from({ length: 201 }, (_, at) => at).join(",")}`,
  ])("refuses what is not a bounded question: %s", async (query) => {
    expect((await read(query)).status).toBe(400);
  });

  it("reads three rows for each sum of these keys and none of others, and is refused beyond a bound", async () => {
    const fill = (key: string, sums: number) =>
      env.DB.prepare(
        `INSERT INTO usage_hourly (hour, key_id, account_id, model, requests, errors, ${Object.values(USAGE_COLUMNS).join(", ")},
           cost_nanos, unpriced)
         WITH RECURSIVE n(at) AS (SELECT 0 UNION ALL SELECT at + 1 FROM n WHERE at < ?2 - 1)
         SELECT ?1 - at % 100, ?3, '', 'm' || at, 1, 0, ${Object.values(USAGE_COLUMNS)
           .map(() => "0")
           .join(", ")}, 1, 0 FROM n`,
      )
        .bind(NOON / HOUR, sums, key)
        .run();
    await fill("a", 300);
    await fill("b", 300);
    await fill("others", 5_000);
    const { DB, rowsRead } = notingDatabase();
    expect((await read("key_ids=a,b", { DB })).status).toBe(200);
    expect(await rowsRead()).toBeLessThanOrEqual(3 * 600 + 50);
    await fill("everything", MOST_KEY_SUMS + 1);
    const { status, body } = await read("key_ids=everything");
    expect([status, body.error.details?.[0]?.field]).toEqual([400, "key_ids"]);
  });
});
