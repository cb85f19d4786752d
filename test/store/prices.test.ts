/** What one isolate knows of prices, and what it does while nobody tells it. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { builtInPrices } from "../../src/pricing/built-in.ts";
import { resolvePrice } from "../../src/pricing/resolve.ts";
import { completePrice, type PriceTable } from "../../src/pricing/table.ts";
import { forgetPrices, loadPrices, REFRESHED_PRICES_KEY, readPriceSources } from "../../src/store/prices.ts";
import { eventually } from "../eventually.ts";

const MINUTE = 60_000;
const usd = (dollars: number) => dollars * 1e9;
const price = (input: number) => completePrice({ input: usd(input), output: usd(2 * input) });

/** Far apart, so that each test begins with a cache that has run out. */
let now = Date.now();

async function setOverride(model: string, input: number): Promise<void> {
  await env.DB.prepare("INSERT OR REPLACE INTO price_overrides VALUES (?, ?, 0)")
    .bind(model, JSON.stringify(price(input)))
    .run();
}

const setRefreshed = (table: PriceTable) => env.KV.put(REFRESHED_PRICES_KEY, JSON.stringify(table));

/** The bindings, with KV reads counted and made to behave. */
function withKv(get: () => Promise<unknown>) {
  const reads = vi.fn(get);
  return { reads, env: { ...env, KV: { get: reads } as unknown as KVNamespace } };
}

beforeEach(async () => {
  now += 24 * 60 * MINUTE;
  await env.DB.exec("DELETE FROM price_overrides");
  await env.KV.delete(REFRESHED_PRICES_KEY);
  forgetPrices();
  vi.spyOn(console, "warn").mockImplementation(() => {});
});
afterEach(() => vi.restoreAllMocks());

describe("the prices of an isolate", () => {
  it("are overrides over the feed over the built-in table", async () => {
    await setRefreshed({ "made-up-1": price(1), "made-up-2": price(1) });
    await setOverride("made-up-2", 5);
    const table = await loadPrices(env, now);
    expect(resolvePrice(table, "made-up-1")?.input).toBe(usd(1));
    expect(resolvePrice(table, "made-up-2")?.input).toBe(usd(5));
    expect(resolvePrice(table, "claude-opus-4-8")).toEqual(builtInPrices()["claude-opus-4-8"]);
    expect(await readPriceSources(env)).toEqual({
      refreshed: { "made-up-1": price(1), "made-up-2": price(1) },
      overrides: { "made-up-2": price(5) },
    });
  });

  it("are there without waiting, and after five minutes are read again beside", async () => {
    const first = await loadPrices(env, now);
    await setOverride("made-up", 5);
    expect(loadPrices(env, now + 5 * MINUTE - 1)).toBe(first);
    expect(loadPrices(env, now + 5 * MINUTE)).toBe(first);
    await eventually(() => {
      const again = loadPrices(env, now + 5 * MINUTE) as PriceTable;
      expect(resolvePrice(again, "made-up")?.input).toBe(usd(5));
    });
  });

  it("are read anew at once after a change made here, also while an older load is under way", async () => {
    const slow = Promise.withResolvers<unknown>();
    const { env: slowEnv } = withKv(() => slow.promise);
    const older = loadPrices(slowEnv, now);
    await setOverride("made-up", 5);
    forgetPrices();
    const newer = await loadPrices(env, now + 1);
    expect(resolvePrice(newer, "made-up")?.input).toBe(usd(5));
    slow.resolve({ "made-up": price(1) });
    expect(await older).toBe(newer);
    expect(loadPrices(env, now + 2)).toBe(newer);
  });

  it("are those set by hand while the feed's place hangs, and nobody waits for it a second time", async () => {
    await setOverride("made-up", 5);
    const { env: hanging } = withKv(() => new Promise(() => undefined));
    expect(resolvePrice(await loadPrices(hanging, now), "made-up")?.input).toBe(usd(5));
    const next = loadPrices(hanging, now + 1);
    expect(next).not.toBeInstanceOf(Promise);
    expect(resolvePrice(next as PriceTable, "made-up")?.input).toBe(usd(5));
  });

  it("are loaded once for all who ask meanwhile, who get the old ones without waiting", async () => {
    const old = await loadPrices(env, now);
    const { reads, env: counting } = withKv(async () => ({ "made-up": price(1) }));
    const later = now + 10 * MINUTE;
    expect([0, 0, 1].map((ms) => loadPrices(counting, later + ms))).toEqual([old, old, old]);
    await eventually(() => {
      expect(resolvePrice(loadPrices(counting, later + 2) as PriceTable, "made-up")?.input).toBe(usd(1));
    });
    expect(reads).toHaveBeenCalledTimes(1);
  });

  it("stay as they were when KV fails, when D1 fails, and when both do, and are asked for again soon", async () => {
    await setRefreshed({ "made-up-1": price(1) });
    await setOverride("made-up-2", 5);
    await loadPrices(env, now);
    const failing = { get: () => Promise.reject(new Error("KV is down")) } as unknown as KVNamespace;
    const broken = {
      prepare: () => {
        throw new Error("D1 is down");
      },
    } as unknown as D1Database;
    await setRefreshed({ "made-up-1": price(2) });
    await setOverride("made-up-2", 6);
    const inputs = (table: PriceTable) => ["made-up-1", "made-up-2"].map((model) => table[model]?.input);
    let at = now + 10 * MINUTE;
    const readBeside = async (bindings: Env) => {
      await loadPrices(bindings, at);
      await scheduler.wait(50);
      return inputs(await loadPrices(bindings, at));
    };
    expect(await readBeside({ ...env, KV: failing, DB: broken })).toEqual([usd(1), usd(5)]);
    at += 29_999;
    expect(await readBeside(env)).toEqual([usd(1), usd(5)]);
    at += 1;
    expect(await readBeside({ ...env, KV: failing })).toEqual([usd(1), usd(6)]);
    at += 30_000;
    expect(await readBeside({ ...env, DB: broken })).toEqual([usd(2), usd(6)]);
  });

  it("stay as they were when what KV holds is no JSON", async () => {
    await env.KV.put(REFRESHED_PRICES_KEY, "{broken");
    expect(resolvePrice(await loadPrices(env, now), "claude-opus-4-8")).not.toBeNull();
  });

  it("keep nobody waiting for a load that never ends, and are looked for again half a minute later", async () => {
    vi.useFakeTimers();
    try {
      const { env: hanging } = withKv(() => new Promise(() => {}));
      const stuck = loadPrices(hanging, now);
      await vi.advanceTimersByTimeAsync(3_000);
      expect(resolvePrice(await stuck, "claude-opus-4-8")).not.toBeNull();
    } finally {
      vi.useRealTimers();
    }
    await setOverride("made-up", 5);
    await eventually(async () => {
      expect(resolvePrice(await loadPrices(env, now + 30_000), "made-up")?.input).toBe(usd(5));
    });
  });
});
