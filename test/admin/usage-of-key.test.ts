/** What one key has used, by day and by model, of one reading. */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { UsageOfKey } from "../../src/admin/usage/schema.ts";
import { retain } from "../../src/jobs/retention.ts";
import { NO_USAGE } from "../../src/vocabulary.ts";
import { book, emptyLedger, entry } from "../store/rows.ts";
import { asAdmin, signIn } from "./client.ts";
import { notingDatabase } from "./noting-database.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOON = Date.parse("2026-11-21T12:00:00Z");
/** `to` is exclusive. */
const LATELY = NOON - 60_000;

const read = (query: string, bindings?: Partial<Env>) => asAdmin("GET", `/admin/usage${query}`, undefined, bindings);

const uses = (model: string, time: number, costNanos: number) =>
  entry(time, { model, costNanos, usage: { ...NO_USAGE, input: 10, output: 1 } });

const ofKey = async (query: string, bindings?: Partial<Env>) =>
  (await read(`/key?${query}`, bindings)).body as unknown as UsageOfKey;

beforeAll(signIn);
beforeEach(async () => {
  await emptyLedger();
  vi.useFakeTimers({ now: NOON, toFake: ["Date"] });
  await book("k", [
    uses("one", NOON - 20 * DAY, 1_000_000_000),
    uses("one", NOON - DAY, 2_000_000_000),
    uses("two", NOON - DAY, 4_000_000_000),
    uses("two", LATELY, 500_000_000),
  ]);
  await book("other", [uses("three", LATELY, 7_000_000_000)]);
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the usage of one key", () => {
  it("is by day and by model what the sums say that are asked for one by one", async () => {
    const body = await ofKey("key_id=k");
    const [byDay, byModel] = await Promise.all([
      read("?group_by=day&key_id=k").then((answer) => answer.body),
      read("?group_by=model&key_id=k").then((answer) => answer.body),
    ]);
    const { days, models, totals, from, to } = body;
    expect(days).toEqual(byDay.items);
    expect(models).toEqual(byModel.items);
    expect({ totals, from, to }).toEqual({ totals: byDay.totals, from: byDay.from, to: byDay.to });
    expect(days.map(({ day }) => day)).toEqual(["2026-11-21", "2026-11-20", "2026-11-01"]);
    expect(models).toMatchObject([
      { model: "two", cost_usd: "4.5", requests: 2 },
      { model: "one", cost_usd: "3", requests: 2 },
    ]);
  });

  it("is the same where hours have been folded into days of the relay's own", async () => {
    const bindings = { TIMEZONE_OFFSET: "8", HOURLY_USAGE_DAYS: "1" };
    const before = (await read("/key?key_id=k", bindings)).body;
    await retain({ ...env, ...bindings }, NOON);
    expect((await read("/key?key_id=k", bindings)).body).toEqual(before);
  });

  it("is empty for a key that has used nothing, and of no more than the range", async () => {
    expect((await read("/key?key_id=idle")).body).toMatchObject({ days: [], models: [], totals: { requests: 0 } });
    const { body } = await read(`/key?key_id=k&from=${new Date(NOON - HOUR).toISOString()}`);
    expect(body).toMatchObject({ days: [{ day: "2026-11-21" }], models: [{ model: "two" }], totals: { requests: 1 } });
    const backwards = await read(`/key?key_id=k&from=${new Date(NOON + DAY).toISOString()}`);
    expect([backwards.status, backwards.body.error.details?.[0]?.field]).toEqual([400, "from"]);
  });

  it("names the dearest models and no more, and counts all of them", async () => {
    await book(
      "many",
      Array.from({ length: 30 }, (_, at) => uses(`model-${at}`, LATELY, 1_000 + at)),
    );
    const { models, totals } = await ofKey("key_id=many");
    expect([models.length, models[0]?.model, totals.requests]).toEqual([20, "model-29", 30]);
  });

  it("reads each sum once for both", async () => {
    await book(
      "busy",
      Array.from({ length: 240 }, (_, at) => uses(`model-${at % 4}`, NOON - (at >> 2) * HOUR, 1_000)),
    );
    const rowsOf = async (...queries: string[]) => {
      const { DB, rowsRead } = notingDatabase();
      for (const query of queries) expect((await read(query, { DB })).status).toBe(200);
      return rowsRead();
    };
    const both = await rowsOf("/key?key_id=busy");
    const apart = await rowsOf("?group_by=day&key_id=busy", "?group_by=model&key_id=busy&limit=20");
    expect(both).toBeLessThan(0.6 * apart);
  });
});
