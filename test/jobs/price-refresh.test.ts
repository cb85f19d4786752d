/** A good feed changes the prices, and everything else leaves them as they are and says why. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { feedStatus, refreshPrices } from "../../src/jobs/price-refresh.ts";
import { forgetPrices, loadPrices, REFRESHED_PRICES_KEY } from "../../src/store/prices.ts";

const URL = "https://prices.test/api.json";
const bindings = { ...env, PRICE_FEED_URL: URL };
let now = Date.parse("2026-11-21T03:17:00Z");

const modelsDev = (prices: Record<string, number>) => ({
  anthropic: {
    id: "anthropic",
    models: Object.fromEntries(
      Object.entries(prices).map(([name, input]) => [
        name,
        { cost: { input, output: 5 * input, cache_read: input / 10 } },
      ]),
    ),
  },
  reseller: { id: "reseller", models: { "made-up-1": { cost: { input: 99, output: 99 } } } },
});

const LITELLM = {
  "made-up-1": { litellm_provider: "anthropic", input_cost_per_token: 4e-6, output_cost_per_token: 2e-5 },
  "made-up-2": { litellm_provider: "openai", input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 },
};

/** What the feed's server answers. */
function serve(answer: Response | (() => Response | Promise<Response>)) {
  const served = vi.fn<typeof fetch>(async () => (typeof answer === "function" ? answer() : answer));
  vi.stubGlobal("fetch", served);
  return served;
}

const serveFeed = (feed: unknown) => serve(() => Response.json(feed));
const stored = () => env.KV.get(REFRESHED_PRICES_KEY);
const inputOf = async (model: string) => {
  forgetPrices();
  return (await loadPrices(bindings, now))[model]?.input;
};

beforeEach(async () => {
  now += 24 * 3_600_000;
  await env.KV.delete(REFRESHED_PRICES_KEY);
  await env.DB.exec("DELETE FROM settings WHERE name = 'price_feed_status'");
  forgetPrices();
  vi.spyOn(console, "warn").mockImplementation(() => {});
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("a good feed", () => {
  it("in the shape of models.dev is in force at once, the maker's price and nobody else's", async () => {
    const served = serveFeed(modelsDev({ "made-up-1": 4 }));
    const status = await refreshPrices(bindings, now);
    expect(status).toEqual({ at: new Date(now).toISOString(), ok: true, models: 1, skipped: [], problems: [] });
    expect(await feedStatus(bindings)).toEqual(status);
    expect(await inputOf("made-up-1")).toBe(4_000_000_000);
    expect(served).toHaveBeenCalledTimes(1);
  });

  it("in the shape of LiteLLM likewise", async () => {
    serveFeed(LITELLM);
    expect(await refreshPrices(bindings, now)).toMatchObject({ ok: true, models: 2 });
    expect([await inputOf("made-up-1"), await inputOf("made-up-2")]).toEqual([4_000_000_000, 1_000_000_000]);
  });

  it("is written only when it differs", async () => {
    const put = vi.fn(env.KV.put.bind(env.KV));
    const KV = new Proxy(env.KV, {
      get: (target, property) => (property === "put" ? put : Reflect.get(target, property).bind(target)),
    });
    for (const [input, writes] of [
      [4, 1],
      [4, 1],
      [5, 2],
    ] as const) {
      serveFeed(modelsDev({ "made-up-1": input }));
      expect((await refreshPrices({ ...bindings, KV }, now))?.ok).toBe(true);
      expect(put).toHaveBeenCalledTimes(writes);
    }
  });

  it("with a doubtful price keeps the price there was, and says so", async () => {
    const prices = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`made-up-${at}`, 4]));
    serveFeed(modelsDev(prices));
    await refreshPrices(bindings, now);
    serveFeed(modelsDev({ ...prices, "made-up-1": 400, "made-up-2": 5 }));
    const status = await refreshPrices(bindings, now);
    expect([status?.ok, status?.models, status?.skipped.length]).toEqual([true, 30, 1]);
    expect(status?.skipped[0]).toContain("made-up-1");
    expect([await inputOf("made-up-1"), await inputOf("made-up-2")]).toEqual([4_000_000_000, 5_000_000_000]);
  });
});

describe("everything else keeps the old table", () => {
  const BIG = 16 * 1024 * 1024 + 1;
  const cases: [string, () => Response | Promise<Response>, string][] = [
    ["a feed with a negative price", () => Response.json(modelsDev({ "made-up-1": -4 })), "is no price"],
    ["a feed of another shape", () => Response.json({ hello: "world" }), "neither the shape"],
    ["a page that is no JSON", () => new Response("<html>"), "not valid JSON"],
    ["a feed that is cut off", () => new Response(JSON.stringify(modelsDev({ a: 1 })).slice(0, -9)), "not valid JSON"],
    ["a feed that lost half of its models", () => Response.json(modelsDev({ other: 1 })), "models that it had before"],
    ["an error", () => new Response("no", { status: 503 }), "status 503"],
    ["a redirect", () => new Response(null, { status: 302, headers: { location: "http://x.test" } }), "status 302"],
    ["a server that is not there", () => Promise.reject(new TypeError("no route to host")), "no route to host"],
    ["a feed that is too large", () => new Response(new Uint8Array(BIG)), "larger than"],
    [
      "a connection that breaks",
      () =>
        new Response(
          new ReadableStream({
            pull(controller) {
              controller.error(new Error("reset by peer"));
            },
          }),
        ),
      "reset by peer",
    ],
  ];

  it.each(cases)("%s", async (_, answer, reason) => {
    serveFeed(modelsDev({ "made-up-1": 4, "made-up-2": 4, "made-up-3": 4 }));
    await refreshPrices(bindings, now);
    const before = await stored();
    serve(answer);
    const status = await refreshPrices(bindings, now);
    expect([status?.ok, status?.models]).toEqual([false, 3]);
    expect(status?.problems.join(" ")).toContain(reason);
    expect(await feedStatus(bindings)).toEqual(status);
    expect(await stored()).toBe(before);
    expect(await inputOf("made-up-1")).toBe(4_000_000_000);
  });

  it("and without an old table, the built-in one", async () => {
    serve(new Response("no", { status: 500 }));
    expect(await refreshPrices(bindings, now)).toMatchObject({ ok: false, models: 0 });
    expect(await stored()).toBeNull();
    expect(await inputOf("claude-opus-4-8")).toBe(5_000_000_000);
  });

  it("an address that is not https is not even asked", async () => {
    const served = serveFeed(modelsDev({ a: 1 }));
    for (const PRICE_FEED_URL of ["http://prices.test/api.json", "nonsense", "file:///etc/passwd"]) {
      expect((await refreshPrices({ ...env, PRICE_FEED_URL }, now))?.problems).toEqual([
        "PRICE_FEED_URL is no https address.",
      ]);
    }
    expect(served).not.toHaveBeenCalled();
  });
});

describe("a feed that is turned off", () => {
  it("is not asked, and its prices give way to the built-in ones", async () => {
    serveFeed(modelsDev({ "made-up-1": 4 }));
    await refreshPrices(bindings, now);
    const served = serveFeed(modelsDev({ "made-up-1": 5 }));
    const off = { ...env, PRICE_FEED_URL: "" };
    expect([await refreshPrices(off, now), await feedStatus(off)]).toEqual([null, null]);
    expect(served).not.toHaveBeenCalled();
    expect([await stored(), await inputOf("made-up-1")]).toEqual([null, undefined]);
  });
});
