/** What a model costs that nobody knows, so that a budget holds whatever the name is. */
import { describe, expect, test } from "vitest";
import { builtInPrices } from "../../src/pricing/built-in.ts";
import { costOf, imageModeOf } from "../../src/pricing/cost.ts";
import { lacksUnits, pricingOf, withUnits } from "../../src/pricing/provisional.ts";
import { completePrice, type PriceTable } from "../../src/pricing/table.ts";
import { NO_USAGE } from "../../src/vocabulary.ts";

const TABLE: PriceTable = {
  "claude-opus-4-1": completePrice({ input: 15e9, output: 75e9 }),
  "claude-opus-4-8": completePrice({
    input: 5e9,
    output: 25e9,
    cacheWrite1h: 40e9,
    fast: { input: 90e9, output: 99e9 },
  }),
  "claude-haiku-4-5": completePrice({ input: 1e9, output: 5e9 }),
  "gpt-5": completePrice({ input: 2e9, output: 9e9, tiers: [{ aboveTokens: 1_000, input: 8e9, output: 10e9 }] }),
  "tts-1": completePrice({ input: 0, output: 0, units: { characters: 15e9 } }),
};

describe("a model without a known price", () => {
  test("is charged part by part at the dearest of its family", () => {
    const { price, known } = pricingOf(TABLE, "anthropic", "claude-opus-9-20300101");
    expect(known).toBe(false);
    expect(price).toMatchObject({ input: 15e9, output: 75e9, cacheWrite1h: 40e9, fast: { input: 90e9, output: 99e9 } });
  });

  test("of no known family, at the dearest of its platform, long-context tiers included", () => {
    expect(pricingOf(TABLE, "openai", "some-llama:70b").price).toMatchObject({ input: 8e9, output: 10e9 });
    expect(pricingOf(TABLE, "anthropic", "glm-9").price).toMatchObject({ input: 15e9, output: 75e9 });
  });

  test.each(["", "constructor", "x".repeat(1_000), "----"])("never costs nothing: %s", (model) => {
    expect(pricingOf(TABLE, "openai", model).price.input).toBeGreaterThan(0);
  });

  test("a known one has its own price", () => {
    expect(pricingOf(TABLE, "anthropic", "claude-haiku-4-5-20251001")).toEqual({
      price: TABLE["claude-haiku-4-5"],
      known: true,
    });
  });
});

describe("what is billed by the piece", () => {
  const cost = (model: string, used: object, mode = imageModeOf(undefined, undefined)) =>
    costOf(pricingOf(builtInPrices(), "openai", model).price, { ...NO_USAGE, ...used }, mode);

  test.each([
    ["dall-e-3", { images: 2 }, imageModeOf("1024x1792", "hd"), 240_000_000],
    ["dall-e-3", { images: 1 }, imageModeOf("1024x1024", undefined), 40_000_000],
    ["dall-e-3 of an unsaid size is the dearest", { images: 1 }, imageModeOf("auto", "auto"), 120_000_000],
    ["dall-e-2", { images: 10 }, imageModeOf("256x256", undefined), 160_000_000],
    ["tts-1", { characters: 1_000 }, undefined, 15_000_000],
    ["tts-1-hd", { characters: 1_000 }, undefined, 30_000_000],
    ["whisper-1", { seconds: 60 }, undefined, 6_000_000],
    ["gpt-5.4", { fileSearches: 2, codeSessions: 1 }, undefined, 35_000_000],
  ])("%s: %j in mode %s", (model, used, mode, nanos) => {
    expect(cost(model.split(" ")[0] ?? "", used, mode)).toBe(nanos);
  });

  test("a unit that the price does not speak of is charged at the dearest that anybody takes", () => {
    const opus = pricingOf(TABLE, "anthropic", "claude-opus-4-8").price;
    expect(lacksUnits(opus, { characters: 1 })).toBe(true);
    expect(lacksUnits(opus, { input: 1, characters: 0 })).toBe(false);
    expect(costOf(withUnits(TABLE, opus), { ...NO_USAGE, characters: 1_000 }, "standard")).toBe(15_000_000);
  });

  test("no size or quality is taken for a price list that is not one", () => {
    expect(imageModeOf("1024x1024", "constructor!")).toBe("1024x1024 standard");
    expect(imageModeOf("9".repeat(100), "hd")).toBe("standard");
  });
});
