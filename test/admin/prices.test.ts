import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ROWS_PER_CALL } from "../../src/jobs/reprice.ts";
import { builtInPrices } from "../../src/pricing/built-in.ts";
import { forgetPrices, REFRESHED_PRICES_KEY } from "../../src/store/prices.ts";
import { book, emptyLedger, entry } from "../store/rows.ts";
import { asAdmin, everything } from "./client.ts";
import { notingDatabase } from "./noting-database.ts";

const HOUR = 3_600_000;

interface Price {
  model: string;
  source: string;
  input: string;
  [field: string]: unknown;
}

const list = async (query = "") => {
  const { status, body } = await asAdmin("GET", `/admin/prices?limit=200${query}`);
  expect(status).toBe(200);
  return body as unknown as {
    items: Price[];
    next_cursor: string | null;
    feed: Record<string, unknown> | null;
    feed_enabled: boolean;
  };
};
const find = async (model: string) =>
  (await list(`&search=${encodeURIComponent(model)}`)).items.find((item) => item.model === model);
const put = (model: string, fields: object) => asAdmin("PUT", `/admin/prices/${encodeURIComponent(model)}`, fields);
const remove = (model: string) => asAdmin("DELETE", `/admin/prices/${encodeURIComponent(model)}`);

function serveFeed(feed: unknown) {
  vi.stubGlobal("fetch", async () => Response.json(feed));
}

const FEED = { anthropic: { id: "anthropic", models: { "from-feed": { cost: { input: 1.5, output: 2 } } } } };

beforeEach(async () => {
  await emptyLedger();
  await env.KV.delete(REFRESHED_PRICES_KEY);
  forgetPrices();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("the price list", () => {
  it("is the built-in table at first, in decimal USD per million, paged and searched by name", async () => {
    const first = await asAdmin("GET", "/admin/prices?limit=5");
    const second = await asAdmin("GET", `/admin/prices?limit=5&cursor=${first.body.next_cursor}`);
    const names = Object.keys(builtInPrices()).sort().slice(0, 10);
    expect([...first.body.items, ...second.body.items].map(({ model }) => model)).toEqual(names);
    expect(await find("claude-opus-4-8")).toMatchObject({
      source: "built-in",
      input: "5",
      output: "25",
      cache_read: "0.5",
      cache_write_5m: "6.25",
      cache_write_1h: "10",
      tiers: [],
      fast: { input: "10", output: "50", tiers: [] },
      priority: null,
      web_search_per_thousand: "10",
      context: 1_000_000,
      max_output: 128_000,
    });
    expect((await find("gemini-2.5-pro"))?.tiers).toMatchObject([
      { above_tokens: 200_000, input: "2.5", output: "15" },
    ]);
    expect((await list("&search=OPUS")).items.every(({ model }) => model.includes("opus"))).toBe(true);
    expect((await list("&search=no-such-model")).items).toEqual([]);
    expect((await list()).feed).toBeNull();
  });

  it("can be narrowed down to where prices come from", async () => {
    serveFeed(FEED);
    await asAdmin("POST", "/admin/prices/refresh");
    await put("by-hand", { input: "1", output: "2" });
    const models = async (source: string) => (await list(`&source=${source}`)).items.map(({ model }) => model);
    expect(await models("override")).toEqual(["by-hand"]);
    expect(await models("feed")).toEqual(["from-feed"]);
    expect((await models("built-in")).length).toBeGreaterThan(20);
    expect((await list()).feed_enabled).toBe(true);
    expect((await asAdmin("GET", "/admin/prices?source=hearsay")).status).toBe(400);
    const off = await asAdmin("GET", "/admin/prices", undefined, { PRICE_FEED_URL: "" });
    expect(off.body.feed_enabled).toBe(false);
  });

  it("says where a price comes from, and how the last refresh went", async () => {
    serveFeed(FEED);
    const refreshed = await asAdmin("POST", "/admin/prices/refresh");
    expect([refreshed.status, refreshed.body]).toEqual([
      200,
      { at: expect.stringMatching(/Z$/), ok: true, models: 1, skipped: [], problems: [] },
    ]);
    expect(await find("from-feed")).toMatchObject({ source: "feed", input: "1.5" });
    expect((await list()).feed).toEqual(refreshed.body);

    vi.spyOn(console, "warn").mockImplementation(() => {});
    serveFeed({ nonsense: true });
    const failed = await asAdmin("POST", "/admin/prices/refresh");
    expect([failed.status, failed.body.ok]).toEqual([200, false]);
    expect((await list()).feed).toMatchObject({ ok: false, models: 1, problems: [expect.stringContaining("shape")] });
    expect(await find("from-feed")).toMatchObject({ source: "feed", input: "1.5" });
    expect((await asAdmin("POST", "/admin/prices/refresh", undefined, { PRICE_FEED_URL: "" })).status).toBe(409);
  });
});

describe("a price set by hand", () => {
  it("wins over feed and built-in table, fills in what is left out, and gives way when it is deleted", async () => {
    serveFeed(FEED);
    await asAdmin("POST", "/admin/prices/refresh");
    const { status, body } = await put("from-feed", { input: "0.25", output: 1 });
    expect(status).toBe(200);
    expect(body).toMatchObject({ source: "override", input: "0.25", output: "1", cache_read: "0.25" });
    expect(await find("from-feed")).toMatchObject({ source: "override", cache_write_1h: "0.5" });
    await put("from-feed", { input: "0.5", output: 1 });
    expect((await find("from-feed"))?.input).toBe("0.5");

    expect((await remove("from-feed")).body).toEqual({ model: "from-feed", deleted: true });
    expect(await find("from-feed")).toMatchObject({ source: "feed", input: "1.5" });
    expect((await remove("from-feed")).status).toBe(404);
  });

  it("has the cache rates that its model has elsewhere, where it names none", async () => {
    // Claude's: a tenth, 1.25 and 2 times the input; GPT-5.4's: a tenth, and nothing on top for writes.
    for (const [model, input, read, write5m, write1h] of [
      ["claude-opus-4-8", "10", "1", "12.5", "20"],
      ["bedrock/us.anthropic.claude-opus-4-8-v1:0", "8", "0.8", "10", "16"],
      ["gpt-5.4", "1", "0.1", "1", "1"],
      ["claude-next-9", "4", "0.4", "5", "8"],
      ["unknown-1", "4", "4", "4", "4"],
    ] as const) {
      const { body } = await put(model, { input, output: "50" });
      const { cache_read, cache_write_5m, cache_write_1h } = body;
      expect([model, cache_read, cache_write_5m, cache_write_1h]).toEqual([model, read, write5m, write1h]);
    }
    const stated = { input: "10", output: "50", cache_write_1h: "11" };
    const { body } = await put("claude-opus-4-8", stated);
    expect(body).toMatchObject({ ...stated, cache_read: "1", cache_write_5m: "12.5" });
  });

  it("keeps every part of it, and knows names with slashes, colons and brackets", async () => {
    const price = {
      input: "3",
      output: "15",
      cache_read: "0.3",
      cache_write_5m: "3.75",
      cache_write_1h: "6",
      tiers: [
        {
          above_tokens: 200_000,
          input: "6",
          output: "22.5",
          cache_read: "0.6",
          cache_write_5m: "7.5",
          cache_write_1h: "12",
        },
      ],
      fast: { input: "9", output: "45" },
      priority: { input: "4", output: "20", tiers: [{ above_tokens: 10, input: "8", output: "40" }] },
      web_search_per_thousand: "10.000000001",
      context: 1_000_000,
      max_output: 64_000,
    };
    for (const model of [
      "gateway/vendor/model:free",
      "us.anthropic.claude-x-v1:0",
      "model[1m]",
      "unpriced",
      "50%off",
    ]) {
      expect((await put(model, price)).status).toBe(200);
      expect(await find(model)).toMatchObject({ model, source: "override", ...price });
      expect((await remove(model)).status).toBe(200);
    }
  });

  it.each([
    ["input", { output: "1" }],
    ["output", { input: "1", output: "-1" }],
    ["input", { input: "1e3", output: "1" }],
    ["input", { input: "10000.1", output: "1" }],
    ["cache_read", { input: "1", output: "1", cache_read: "0.0000000001" }],
    ["tiers.0.above_tokens", { input: "1", output: "1", tiers: [{ above_tokens: 0, input: "1", output: "1" }] }],
    ["fast.output", { input: "1", output: "1", fast: { input: "1" } }],
    ["web_search_per_thousand", { input: "1", output: "1", web_search_per_thousand: "1001" }],
    ["max_output", { input: "1", output: "1", max_output: "many" }],
    ["cache_write", { input: "1", output: "1", cache_write: "1" }],
  ])("is refused with a bad %s, and nothing changes: %j", async (field, fields) => {
    const before = await everything();
    const { status, body } = await put("made-up", fields);
    expect([status, body.error.details?.map((detail) => detail.field)]).toEqual([400, [field]]);
    expect(await everything()).toBe(before);
  });

  it("is refused for a name that nobody can send", async () => {
    expect((await put("a b", { input: "1", output: "1" })).status).toBe(400);
    expect((await put("x".repeat(201), { input: "1", output: "1" })).status).toBe(400);
  });

  it("leaves a trace of who set it to what", async () => {
    await put("made-up", { input: "1", output: "2" });
    await remove("made-up");
    const { results } = await env.DB.prepare(
      "SELECT actor, action, changes FROM audit WHERE target = 'made-up' ORDER BY time, action DESC",
    ).all();
    expect(results.map(({ actor, action }) => `${actor} ${action}`).sort()).toEqual([
      "admin price.delete",
      "admin price.set",
    ]);
    const [set, deleted] = results.map(({ changes }) => JSON.parse(String(changes)));
    expect([set.input, set.output]).toEqual([
      { old: null, new: "1" },
      { old: null, new: "2" },
    ]);
    expect(deleted.input).toEqual({ old: "1", new: null });
  });
});

describe("models without a price", () => {
  const unpriced = (ago: number, model: string) => entry(Date.now() - ago * HOUR, { model, unpriced: true });

  async function key(costMultiplierMilli = 1_000): Promise<string> {
    const { body } = await asAdmin("POST", "/admin/api-keys", {
      name: "k",
      cost_multiplier: costMultiplierMilli / 1_000,
    });
    return body.id;
  }

  it("are listed with what was used, most requests first, and no longer once they are priced", async () => {
    const id = await key();
    await book(id, [
      unpriced(5, "made-up-1"),
      unpriced(3, "made-up-2"),
      unpriced(2, "made-up-2"),
      entry(Date.now(), { costNanos: 5 }),
    ]);
    const listed = async () => (await asAdmin("GET", "/admin/prices/unpriced")).body.items;
    expect(await listed()).toEqual([
      {
        ...{ model: "made-up-2", requests: 2, tokens: 220, suggestion: null },
        last_used_at: expect.stringMatching(/:00:00\.000Z$/),
      },
      {
        ...{ model: "made-up-1", requests: 1, tokens: 110, suggestion: null },
        last_used_at: expect.stringMatching(/:00:00\.000Z$/),
      },
    ]);
    await put("made-up-2", { input: "1", output: "2" });
    expect((await listed()).map(({ model }) => model)).toEqual(["made-up-1"]);
    await put("made-up-1", { input: "1", output: "2" });
    expect(await listed()).toEqual([]);
  });

  it("are found for the few rows of their hours, however many sums there are of others", async () => {
    const id = await key();
    await env.DB.prepare(
      `INSERT INTO usage_hourly (hour, key_id, account_id, model, requests, errors, input_tokens, cache_write_5m_tokens,
         cache_write_1h_tokens, cache_read_tokens, output_tokens, reasoning_tokens, web_searches, cost_nanos, unpriced)
       WITH RECURSIVE n(at) AS (SELECT 0 UNION ALL SELECT at + 1 FROM n WHERE at < 2999)
       SELECT ?1 - at % 48, 'k' || at, '', 'priced', 1, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0 FROM n`,
    )
      .bind(Math.floor(Date.now() / HOUR))
      .run();
    await book(id, [unpriced(5, "made-up-1"), unpriced(3, "made-up-2")]);
    const { DB, rowsRead } = notingDatabase();
    const { body } = await asAdmin("GET", "/admin/prices/unpriced", undefined, { DB });
    expect(body.items).toHaveLength(2);
    expect(await rowsRead()).toBeLessThanOrEqual(20);
  });

  it("cost D1 a row more for each of their sums, and those of other models nothing", async () => {
    const write = async (model: string, without: number) =>
      (
        await env.DB.prepare(
          `INSERT INTO usage_hourly (hour, key_id, account_id, model, requests, errors, input_tokens, cache_write_5m_tokens,
             cache_write_1h_tokens, cache_read_tokens, output_tokens, reasoning_tokens, web_searches, cost_nanos, unpriced)
           VALUES (1, 'k', '', ?1, 1, 0, 1, 0, 0, 0, 1, 0, 0, 1, ?2)
           ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, unpriced = unpriced + excluded.unpriced`,
        )
          .bind(model, without)
          .run()
      ).meta.rows_written;
    const [made, again] = [await write("priced", 0), await write("priced", 0)];
    expect(await write("made-up", 1)).toBe(made + 1);
    expect(await write("made-up", 1)).toBe(again + 1);
  });

  it("have the price of the newest of their family offered, and take all of it by one call", async () => {
    const id = await key();
    await book(id, [unpriced(2, "claude-opus-9-preview")]);
    const listed = async () => (await asAdmin("GET", "/admin/prices/unpriced")).body.items;
    const { suggestion } = (await listed())[0] as unknown as { suggestion: { model: string; input: string } };
    expect(suggestion).toEqual({ model: expect.stringMatching(/^claude-opus-4-\d$/), input: "5", output: "25" });
    const copied = await asAdmin("POST", "/admin/prices/copy", {
      model: "claude-opus-9-preview",
      from: suggestion.model,
    });
    expect([copied.status, copied.body]).toMatchObject([200, { source: "override", repriced: { repriced: 1 } }]);
    const { model: _own, source: _override, ...price } = (await find("claude-opus-9-preview")) as Price;
    expect(price.fast).not.toBeNull();
    expect(await find(suggestion.model)).toMatchObject(price);
    expect(await listed()).toEqual([]);
    const { items: trail } = (await asAdmin("GET", "/admin/audit?action=price.set&limit=1")).body;
    expect(trail).toMatchObject([{ target: "claude-opus-9-preview" }]);
  });

  it.each([
    ["from", { model: "made-up", from: "never-heard-of" }],
    ["model", { model: "with a space", from: "claude-opus-4-8" }],
    ["from", { model: "made-up" }],
    ["like", { model: "made-up", from: "claude-opus-4-8", like: 1 }],
  ])("take no price over that there is not: %s, and nothing is changed", async (field, body) => {
    const before = await everything();
    const { status, body: refusal } = await asAdmin("POST", "/admin/prices/copy", body);
    expect([status, refusal.error.details?.[0]?.field]).toEqual([400, field]);
    expect(await everything()).toEqual(before);
  });

  it("are priced by setting a price: request rows, usage and the key's live total, the key's multiplier included", async () => {
    const id = await key(500);
    await book(id, [unpriced(5, "made-up"), unpriced(3, "vertex_ai/made-up")]);
    const { body } = await put("made-up", { input: "1", output: "2" });
    expect(body.repriced).toEqual({ repriced: 2, left: 0, next_cursor: null, gates_left: 0 });
    const rows = (await asAdmin("GET", `/admin/requests?key_id=${id}`)).body.items;
    expect(rows.map(({ cost_usd, unpriced }) => [cost_usd, unpriced])).toEqual([
      ["0.00006", false],
      ["0.00006", false],
    ]);
    expect((await asAdmin("GET", `/admin/api-keys/${id}/live`)).body.total).toMatchObject({ cost_usd: "0.00012" });
    expect(await env.DB.prepare("SELECT sum(cost_nanos) AS n FROM usage_hourly").first("n")).toBe(120_000);
    await put("made-up", { input: "7", output: "7" });
    expect((await asAdmin("POST", "/admin/prices/reprice", {})).body.repriced).toBe(0);
    expect((await asAdmin("GET", `/admin/api-keys/${id}/live`)).body.total).toMatchObject({ cost_usd: "0.00012" });
  });

  it("are priced in several calls where there are many, until none is left", async () => {
    const id = await key();
    const count = 2 * ROWS_PER_CALL + 50;
    const entries = Array.from({ length: count }, (_, at) => unpriced(at % 40, "made-up"));
    for (let at = 0; at < count; at += 200) await book(id, entries.slice(at, at + 200));
    const { DB, noted } = notingDatabase();
    const set = await asAdmin("PUT", "/admin/prices/made-up", { input: "1", output: "2" }, { DB });
    expect(noted.length).toBeLessThan(50);
    let { repriced, left, next_cursor } = set.body.repriced as unknown as Record<string, number | string | null>;
    expect([repriced, left]).toEqual([ROWS_PER_CALL, count - ROWS_PER_CALL]);
    let total = Number(repriced);
    while (next_cursor !== null) {
      const { body } = await asAdmin("POST", "/admin/prices/reprice", { cursor: next_cursor });
      ({ repriced, left, next_cursor } = body as unknown as Record<string, number | string | null>);
      total += Number(repriced);
    }
    expect([total, left]).toEqual([count, 0]);
    expect((await asAdmin("GET", `/admin/api-keys/${id}/live`)).body.total).toMatchObject({ cost_usd: "0.126" });
    expect((await asAdmin("POST", "/admin/prices/reprice", { cursor: "x" })).status).toBe(400);
  });
});

describe("a price by the piece", () => {
  it("is set and shown in dollars, and one for all sizes of a picture replaces those by size", async () => {
    const set = { input: "0", output: "0", per_image: "0.05", per_million_characters: "12", per_minute: "0.006" };
    const { status, body } = await asAdmin("PUT", "/admin/prices/dall-e-3", set);
    expect(status).toBe(200);
    expect(body).toMatchObject({ per_image: "0.05", per_million_characters: "12", per_minute: "0.006" });
    const row = await env.DB.prepare("SELECT price FROM price_overrides WHERE model = 'dall-e-3'").first<string>(
      "price",
    );
    expect(JSON.parse(row ?? "")).toMatchObject({ units: { images: 5e13, seconds: 1e11 }, imageSizes: {} });
    await asAdmin("DELETE", "/admin/prices/dall-e-3");
  });
});
