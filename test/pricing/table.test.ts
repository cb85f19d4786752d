/** The table that ships, how gaps are filled, and which of three tables counts. */
import { describe, expect, it } from "vitest";
import { builtInPrices, tableOf } from "../../src/pricing/built-in.ts";
import { scaleDecimal } from "../../src/pricing/rate.ts";
import { completePrice, type ModelPrice, mergePrices } from "../../src/pricing/table.ts";

describe("the built-in table", () => {
  it("has the 210 models of the July 2026 facts and five that are billed by the piece, in whole nano-dollars", () => {
    const prices = Object.values(builtInPrices());
    expect(prices).toHaveLength(215);
    for (const price of prices) {
      for (const rates of [price, ...(price.tiers ?? []), price.fast, price.priority]) {
        if (!rates) continue;
        for (const rate of [rates.input, rates.output, rates.cacheRead, rates.cacheWrite5m, rates.cacheWrite1h]) {
          expect(Number.isSafeInteger(rate) && rate >= 0).toBe(true);
        }
      }
    }
  });

  it("keeps the tiers and limits of a model that has all of it", () => {
    expect(builtInPrices()["gpt-5.4"]).toEqual({
      input: 2_500_000_000,
      output: 15_000_000_000,
      cacheRead: 250_000_000,
      cacheWrite5m: 2_500_000_000,
      cacheWrite1h: 2_500_000_000,
      tiers: [
        {
          aboveTokens: 272_000,
          input: 5_000_000_000,
          output: 22_500_000_000,
          cacheRead: 500_000_000,
          cacheWrite5m: 5_000_000_000,
          cacheWrite1h: 5_000_000_000,
        },
      ],
      priority: {
        input: 5_000_000_000,
        output: 30_000_000_000,
        cacheRead: 500_000_000,
        cacheWrite5m: 5_000_000_000,
        cacheWrite1h: 5_000_000_000,
      },
      units: { fileSearches: 2_500_000_000_000, codeSessions: 30_000_000_000_000 },
      webSearchPerThousand: 10_000_000_000,
      context: 1_050_000,
      maxOutput: 128_000,
    });
  });

  it("bills every Claude's 1-hour write at twice its input", () => {
    const claudes = Object.entries(builtInPrices()).filter(([model]) => model.startsWith("claude-"));
    expect(claudes).toHaveLength(24);
    for (const [, price] of claudes) expect(price.cacheWrite1h).toBe(2 * price.input);
  });
});

describe("a row of the built-in table", () => {
  it("may state a cache write and no cache read, which is then billed as input", () => {
    const table = tableOf({ alibaba: { "qwen-x": [null, 8192, [0.1875, 1.125, null, 0.234375]] } });
    expect(table["qwen-x"]).toEqual({
      input: 187_500_000,
      output: 1_125_000_000,
      cacheRead: 187_500_000,
      cacheWrite5m: 234_375_000,
      cacheWrite1h: 234_375_000,
      maxOutput: 8192,
    });
  });

  it("is billed for what its maker sells beside tokens", () => {
    const table = tableOf({
      anthropic: { a: [1, 1, [1, 5]] },
      openai: { o: [1, 1, [1, 5]] },
      google: { g: [1, 1, [1, 5]] },
    });
    expect(table.a).toMatchObject({ webSearchPerThousand: 10_000_000_000, cacheWrite1h: 2_000_000_000 });
    expect(table.o).toMatchObject({
      webSearchPerThousand: 10_000_000_000,
      units: { codeSessions: 30_000_000_000_000 },
    });
    expect(table.g).toMatchObject({ webSearchPerThousand: 14_000_000_000, priority: { input: 1_800_000_000 } });
    expect(table.g).not.toHaveProperty("units");
  });
});

describe("completePrice", () => {
  it("bills cached input and cache writes as input where no price is stated", () => {
    expect(completePrice({ input: 7, output: 9 })).toEqual({
      input: 7,
      output: 9,
      cacheRead: 7,
      cacheWrite5m: 7,
      cacheWrite1h: 7,
    });
  });

  it("bills a 1-hour write as a 5-minute one where only that is stated", () => {
    expect(completePrice({ input: 8, output: 9, cacheWrite5m: 10 })).toMatchObject({
      cacheWrite5m: 10,
      cacheWrite1h: 10,
    });
  });

  it("scales cache rates into tiers and modes as the input rate scales, and sorts the tiers", () => {
    const price = completePrice({
      input: 1_000,
      output: 5_000,
      cacheRead: 100,
      cacheWrite5m: 1_250,
      cacheWrite1h: 2_000,
      tiers: [
        { aboveTokens: 20, input: 3_000, output: 9_000, cacheRead: 1 },
        { aboveTokens: 10, input: 2_000, output: 7_500 },
      ],
      fast: { input: 6_001, output: 30_000 },
    });
    expect(price.tiers).toEqual([
      { aboveTokens: 10, input: 2_000, output: 7_500, cacheRead: 200, cacheWrite5m: 2_500, cacheWrite1h: 4_000 },
      { aboveTokens: 20, input: 3_000, output: 9_000, cacheRead: 1, cacheWrite5m: 3_750, cacheWrite1h: 6_000 },
    ]);
    // 600.1 rounds down; 7,501.25 rounds down; 12,002
    expect(price.fast).toEqual({
      input: 6_001,
      output: 30_000,
      cacheRead: 600,
      cacheWrite5m: 7_501,
      cacheWrite1h: 12_002,
    });
  });

  it("does not scale from a free model", () => {
    const price = completePrice({
      input: 0,
      output: 0,
      cacheRead: 0,
      tiers: [{ aboveTokens: 1, input: 5, output: 6 }],
    });
    expect(price.tiers?.[0]).toMatchObject({ cacheRead: 5, cacheWrite5m: 5, cacheWrite1h: 5 });
  });
});

describe("mergePrices", () => {
  const flat = (input: number): ModelPrice => ({ input, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 });

  it("takes the override over the refreshed price over the built-in one", () => {
    const merged = mergePrices(
      { a: flat(1), b: flat(1), c: flat(1) },
      { b: flat(2), c: flat(2), d: flat(2) },
      { c: flat(3), e: flat(3) },
    );
    expect(merged.a).toEqual(flat(1));
    expect(merged.b).toEqual(flat(2));
    expect(merged.c).toEqual(flat(3));
    expect(merged.d).toEqual(flat(2));
    expect(merged.e).toEqual(flat(3));
  });

  it("keeps modes, search price and limits that a feed does not speak of, but no old tier", () => {
    const known = {
      ...flat(1),
      tiers: [{ aboveTokens: 1, ...flat(9) }],
      fast: flat(6),
      priority: flat(2),
      webSearchPerThousand: 10,
      context: 100,
      maxOutput: 50,
    };
    const merged = mergePrices({ a: known }, { a: { ...flat(2), priority: flat(4), context: 200 } }, {});
    expect(merged.a).toEqual({
      ...flat(2),
      fast: flat(6),
      priority: flat(4),
      webSearchPerThousand: 10,
      context: 200,
      maxOutput: 50,
    });
  });

  it("bills every mode at an override's rates unless it has modes of its own", () => {
    const known = { ...flat(1), fast: flat(6), webSearchPerThousand: 10, maxOutput: 50 };
    const merged = mergePrices({ a: known }, {}, { a: flat(3) });
    expect(merged.a).toEqual({ ...flat(3), webSearchPerThousand: 10, maxOutput: 50 });
  });

  it("knows no model by the name of an object's method, and takes one named __proto__ as any other", () => {
    const merged = mergePrices({}, JSON.parse(`{"__proto__":${JSON.stringify(flat(1))}}`), {});
    expect(merged.constructor).toBeUndefined();
    expect(Object.keys(merged)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(merged)).toBeNull();
  });

  it("leaves the tables it is given alone", () => {
    const builtIn = Object.freeze({ a: Object.freeze(flat(1)) });
    mergePrices(builtIn, { a: flat(2) }, { a: flat(3) });
    expect(builtIn).toEqual({ a: flat(1) });
  });
});

describe("scaleDecimal", () => {
  it.each([
    [3, 9, 3_000_000_000],
    [0.003625, 9, 3_625_000],
    [0.234375, 9, 234_375_000],
    [3e-6, 15, 3_000_000_000],
    [2.5e-7, 15, 250_000_000],
    [1.0000000000000002e-6, 15, 1_000_000_000],
    [1.25e-6, 15, 1_250_000_000],
    [0.000015, 15, 15_000_000_000],
    [2.8e-9, 15, 2_800_000],
    [0.01, 12, 10_000_000_000],
    [1.5e-10, 9, 0],
    [5e-10, 9, 1],
    [4.9e-10, 9, 0],
    [5e-324, 15, 0],
    [0, 9, 0],
    [-0, 9, 0],
  ])("reads %d × 10^%d as %d", (value, power, scaled) => {
    expect(scaleDecimal(value, power)).toBe(scaled);
  });

  it.each([-1, -3e-6, Number.NaN, Number.POSITIVE_INFINITY, 1e300, 1e21, 9_007_200])(
    "finds no rate in %d × 10^9",
    (value) => {
      expect(scaleDecimal(value, 9)).toBeNull();
    },
  );
});
