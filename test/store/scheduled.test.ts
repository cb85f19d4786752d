/** The cron: each part by itself, and not more often than it should be. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { scheduled } from "../../src/scheduled.ts";
import { forgetPrices, REFRESHED_PRICES_KEY } from "../../src/store/prices.ts";
import { book, emptyLedger, entry } from "./rows.ts";

const HOUR = 3_600_000;
const NOW = Date.parse("2026-11-21T03:17:00Z");
const bindings = { ...env, PRICE_FEED_URL: "https://prices.test/api.json" };
const FEED = { anthropic: { id: "anthropic", models: { "made-up": { cost: { input: 1, output: 2 } } } } };

function serve(answer: () => Response) {
  const served = vi.fn(async () => answer());
  vi.stubGlobal("fetch", served);
  return served;
}

const count = (table: string) => env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first("n");

beforeEach(async () => {
  await emptyLedger();
  await env.KV.delete(REFRESHED_PRICES_KEY);
  forgetPrices();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("the cron", () => {
  it("refreshes prices, prices what was booked late, deletes and folds what is old", async () => {
    serve(() => Response.json(FEED));
    await book("0".repeat(32), [
      entry(NOW - 200 * 24 * HOUR),
      entry(NOW - 47 * HOUR, { model: "made-up", unpriced: true }),
    ]);
    await scheduled(bindings, NOW);
    expect(await env.KV.get(REFRESHED_PRICES_KEY)).toContain("made-up");
    expect([await count("requests"), await count("usage_hourly"), await count("usage_daily")]).toEqual([1, 1, 1]);
    expect(await env.DB.prepare("SELECT cost_nanos AS c FROM requests").first("c")).toBe(120_000);
    expect(await count("settings WHERE name LIKE 'correction/%'")).toBe(0);
  });

  it("asks the feed once a day however often it runs, and sooner after a failure", async () => {
    const served = serve(() => Response.json(FEED));
    for (const hours of [0, 1, 19, 20]) await scheduled(bindings, NOW + hours * HOUR);
    expect(served).toHaveBeenCalledTimes(2);
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const failing = serve(() => new Response("no", { status: 500 }));
    for (const hours of [40, 41]) await scheduled(bindings, NOW + hours * HOUR);
    expect(failing).toHaveBeenCalledTimes(2);
  });

  it("deletes what is old although the feed and its storage fail, and throws nothing", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    serve(() => Response.json(FEED));
    await book("0".repeat(32), [entry(NOW - 31 * 24 * HOUR)]);
    const KV = { get: () => Promise.reject(new Error("KV is down")) } as unknown as KVNamespace;
    await scheduled({ ...bindings, KV }, NOW);
    expect(await count("requests")).toBe(0);
    expect(error.mock.calls.flat().join("")).toContain("price feed");
  });

  it("refreshes prices although D1 takes no deletion", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    serve(() => Response.json(FEED));
    await env.DB.exec("CREATE TRIGGER broken BEFORE DELETE ON requests BEGIN SELECT raise(ABORT, 'no'); END");
    await book("0".repeat(32), [entry(NOW - 31 * 24 * HOUR)]);
    await scheduled(bindings, NOW);
    await env.DB.exec("DROP TRIGGER broken");
    expect(await env.KV.get(REFRESHED_PRICES_KEY)).toContain("made-up");
    expect(error.mock.calls.flat().join("")).toContain("retention");
  });
});
