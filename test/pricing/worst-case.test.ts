/** The bound used at admission, and the properties that hold for every price and every usage. */

import { describe, expect, it } from "vitest";
import { builtInPrices } from "../../src/pricing/built-in.ts";
import { applyMultiplier, costOf, type Mode, worstCaseNanos } from "../../src/pricing/cost.ts";
import { resolvePrice } from "../../src/pricing/resolve.ts";
import type { ModelPrice, Rates } from "../../src/pricing/table.ts";
import { NO_USAGE, type Usage } from "../../src/vocabulary.ts";
import fc from "../fast-check.ts";

const price = (model: string) => resolvePrice(builtInPrices(), model);

describe("worstCaseNanos", () => {
  it("takes a token a byte, 4,096 more, at the 1-hour write rate, and the request's output limit", () => {
    // (95,904 + 4,096) × $6 + 1,000 × $15 per million
    const request = { bodyBytes: 95_904, maxOutputTokens: 1_000, mode: "standard" } as const;
    expect(worstCaseNanos(price("claude-sonnet-4-5"), request)).toBe(615_000_000);
  });

  it("takes the model's output limit where the request has none", () => {
    // 4,096 × $6 + 64,000 × $15 per million
    const request = { bodyBytes: 0, maxOutputTokens: null, mode: "standard" } as const;
    expect(worstCaseNanos(price("claude-sonnet-4-5"), request)).toBe(984_576_000);
  });

  it("takes 384,000 tokens of output where neither sets a limit", () => {
    // 4,096 × $5 + 384,000 × $30 per million
    const request = { bodyBytes: 0, maxOutputTokens: null, mode: "standard" } as const;
    expect(worstCaseNanos(price("gpt-image-2"), request)).toBe(11_540_480_000);
  });

  it("never takes more than the context window, however many bytes of images a body has", () => {
    // 200,000 × $6 per million
    const request = { bodyBytes: 20_000_000, maxOutputTokens: 0, mode: "standard" } as const;
    expect(worstCaseNanos(price("claude-sonnet-4-5"), request)).toBe(1_200_000_000);
    expect(worstCaseNanos(price("claude-sonnet-4-5"), { ...request, bodyBytes: 0, maxOutputTokens: 1e9 })).toBe(
      3_024_576_000,
    );
  });

  it("takes the long-context tier only where the body can reach it", () => {
    // threshold 272,000: 267,904 + 4,096 bytes are at it, one more is above
    const request = { bodyBytes: 267_904, maxOutputTokens: 1_000, mode: "standard" } as const;
    expect(worstCaseNanos(price("gpt-5.4"), request)).toBe(695_000_000);
    expect(worstCaseNanos(price("gpt-5.4"), { ...request, bodyBytes: 267_905 })).toBe(1_382_505_000);
  });

  it("takes the dearest mode where none is given", () => {
    const request = { bodyBytes: 5_904, maxOutputTokens: 1_000 };
    // fast mode of Opus 4.6: 10,000 × $60 + 1,000 × $150 per million; standard: 10,000 × $10 + 1,000 × $25
    expect(worstCaseNanos(price("claude-opus-4-6"), request)).toBe(750_000_000);
    expect(worstCaseNanos(price("claude-opus-4-6"), { ...request, mode: "standard" })).toBe(125_000_000);
  });

  it("adds the searches that the request allows", () => {
    const request = { bodyBytes: 0, maxOutputTokens: 0, mode: "standard", webSearches: 5 } as const;
    expect(worstCaseNanos(price("claude-sonnet-4-5"), request)).toBe(74_576_000);
  });

  it("reserves nothing for an unknown model", () => {
    expect(worstCaseNanos(price("claude-opus-9"), { bodyBytes: 1_000_000, maxOutputTokens: 1_000 })).toBe(0);
  });
});

const count = fc.oneof(fc.nat(2_000), fc.nat(2_000_000), fc.constant(0));
const anyUsage: fc.Arbitrary<Usage> = fc
  .record({
    input: count,
    cacheWrite5m: count,
    cacheWrite1h: count,
    cacheRead: count,
    output: count,
    reasoning: fc.constant(0),
    webSearches: fc.nat(5),
  })
  .map((counts) => ({ ...NO_USAGE, ...counts }));
const anyMode: fc.Arbitrary<Mode> = fc.constantFrom("standard", "fast", "priority");
const rate = fc.nat(600_000_000_000);
const anyRates: fc.Arbitrary<Rates> = fc.record({
  input: rate,
  output: rate,
  cacheRead: rate,
  cacheWrite5m: rate,
  cacheWrite1h: rate,
});
const anyTiers = fc
  .uniqueArray(
    fc.record({ aboveTokens: fc.nat(2_000_000) }).chain((tier) => anyRates.map((rates) => ({ ...tier, ...rates }))),
    {
      maxLength: 3,
      selector: (tier) => tier.aboveTokens,
    },
  )
  .map((tiers) => tiers.sort((one, other) => one.aboveTokens - other.aboveTokens));
const anyTieredRates = fc
  .tuple(anyRates, anyTiers)
  .map(([rates, tiers]) => (tiers.length > 0 ? { ...rates, tiers } : rates));
const anyPrice: fc.Arbitrary<ModelPrice> = fc
  .tuple(anyTieredRates, fc.option(anyTieredRates), fc.option(anyTieredRates), fc.nat(50_000_000_000))
  .map(([base, fast, priority, webSearchPerThousand]) => ({
    ...base,
    ...(fast && { fast }),
    ...(priority && { priority }),
    webSearchPerThousand,
  }));

const PARTS = ["input", "cacheWrite5m", "cacheWrite1h", "cacheRead", "output", "webSearches"] as const;
const totalInput = (usage: Usage) => usage.input + usage.cacheWrite5m + usage.cacheWrite1h + usage.cacheRead;

describe("for every price and usage", () => {
  it("the cost is a whole number of nano-dollars, never negative", () => {
    fc.assert(
      fc.property(anyPrice, anyUsage, anyMode, (price, usage, mode) => {
        const nanos = costOf(price, usage, mode);
        expect(Number.isSafeInteger(nanos) && nanos >= 0).toBe(true);
      }),
    );
  });

  it("the cost is the sum of its parts, exactly where no part has a fraction", () => {
    const wholeRates = fc.record({
      input: fc.nat(600_000),
      output: fc.nat(600_000),
      cacheRead: fc.nat(600_000),
      cacheWrite5m: fc.nat(600_000),
      cacheWrite1h: fc.nat(600_000),
      webSearchPerThousand: fc.nat(50_000),
    });
    fc.assert(
      fc.property(wholeRates, anyUsage, (rates, usage) => {
        const whole = {
          input: rates.input * 1_000_000,
          output: rates.output * 1_000_000,
          cacheRead: rates.cacheRead * 1_000_000,
          cacheWrite5m: rates.cacheWrite5m * 1_000_000,
          cacheWrite1h: rates.cacheWrite1h * 1_000_000,
          webSearchPerThousand: rates.webSearchPerThousand * 1_000,
        };
        const parts = PARTS.map((part) => costOf(whole, { ...NO_USAGE, [part]: usage[part] }, "standard"));
        expect(costOf(whole, usage, "standard")).toBe(parts.reduce((sum, part) => sum + part, 0));
      }),
    );
  });

  it("one token more never costs less at the rates of a real model", () => {
    const anyModel = fc.constantFrom(...Object.values(builtInPrices()));
    fc.assert(
      fc.property(anyModel, anyUsage, anyMode, fc.constantFrom(...PARTS), (price, usage, mode, part) => {
        const more = { ...usage, [part]: usage[part] + 1 };
        expect(costOf(price, more, mode)).toBeGreaterThanOrEqual(costOf(price, usage, mode));
      }),
    );
  });

  it("the worst case covers every cost whose tokens fit the request", () => {
    fc.assert(
      fc.property(anyPrice, anyUsage, anyMode, fc.boolean(), (price, usage, mode, told) => {
        const request = {
          bodyBytes: Math.max(0, totalInput(usage) - 4_096),
          maxOutputTokens: usage.output,
          webSearches: usage.webSearches,
          ...(told && { mode }),
        };
        expect(worstCaseNanos(price, request)).toBeGreaterThanOrEqual(costOf(price, usage, mode));
      }),
      { numRuns: 500 },
    );
  });

  it("the worst case covers what fits the limits of a real model", () => {
    const anyModel = fc.constantFrom(...Object.values(builtInPrices()));
    fc.assert(
      fc.property(anyModel, anyUsage, anyMode, fc.nat(3_000_000), (price, usage, mode, bodyBytes) => {
        const fits = totalInput(usage) <= Math.min(bodyBytes + 4_096, price.context ?? Infinity);
        fc.pre(fits && usage.output <= Math.min(price.maxOutput ?? 384_000, price.context ?? Infinity));
        const worst = worstCaseNanos(price, { bodyBytes, maxOutputTokens: null, webSearches: usage.webSearches });
        expect(worst).toBeGreaterThanOrEqual(costOf(price, usage, mode));
      }),
    );
  });

  it("a multiplier keeps the order, so a multiplied worst case stays one", () => {
    const nanos = fc.maxSafeNat();
    fc.assert(
      fc.property(nanos, nanos, fc.nat(1_000), (one, other, milli) => {
        const [low, high] = one < other ? [one, other] : [other, one];
        expect(applyMultiplier(high, milli)).toBeGreaterThanOrEqual(applyMultiplier(low, milli));
      }),
    );
  });
});
