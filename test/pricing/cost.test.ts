/** Costs against figures worked out by hand from the published rates: every expectation is a literal. */
import { describe, expect, it } from "vitest";
import { builtInPrices } from "../../src/pricing/built-in.ts";
import { applyMultiplier, COST_PARTS, costOf, type Mode, sharedOut } from "../../src/pricing/cost.ts";
import { resolvePrice } from "../../src/pricing/resolve.ts";
import { NO_USAGE, type Usage } from "../../src/vocabulary.ts";

type Case = [claim: string, model: string, mode: Mode, usage: Partial<Usage>, nanos: number];

const CASES: Case[] = [
  // $3 in, $15 out: $0.003 + $0.0075
  ["input and output", "claude-sonnet-4-5", "standard", { input: 1_000, output: 500 }, 10_500_000],
  ["a 5-minute cache write at 1.25 × input", "claude-opus-4-8", "standard", { cacheWrite5m: 10_000 }, 62_500_000],
  ["a 1-hour cache write at 2 × input", "claude-opus-4-8", "standard", { cacheWrite1h: 10_000 }, 100_000_000],
  ["a cache read at a tenth of input", "claude-opus-4-8", "standard", { cacheRead: 10_000 }, 5_000_000],
  ["the dearest Claude's 1-hour write", "claude-fable-5", "standard", { cacheWrite1h: 1_000 }, 20_000_000],
  [
    // 12×1 + 3456×1.25 + 7890×2 + 123456×0.1 + 789×5 = 36402.6 millionths of a dollar
    "all five parts together",
    "claude-haiku-4-5",
    "standard",
    { input: 12, cacheWrite5m: 3_456, cacheWrite1h: 7_890, cacheRead: 123_456, output: 789 },
    36_402_600,
  ],
  ["a cache write below 1.25 × input", "claude-3-haiku-20240307", "standard", { cacheWrite5m: 1_000 }, 300_000],
  ["1-hour write of the same model", "claude-3-haiku-20240307", "standard", { cacheWrite1h: 1_000 }, 500_000],
  [
    "a listed write price below input",
    "claude-3-sonnet-20240229",
    "standard",
    { cacheWrite5m: 1_000_000 },
    300_000_000,
  ],
  ["a million-token prompt of a flat model", "claude-sonnet-4-6", "standard", { input: 900_000 }, 2_700_000_000],

  // Long context: Gemini 2.5 Pro $1.25/$10, above 200,000 $2.50/$15
  ["one below the threshold", "gemini-2.5-pro", "standard", { input: 199_999, output: 1_000 }, 259_998_750],
  ["exactly at the threshold", "gemini-2.5-pro", "standard", { input: 200_000, output: 1_000 }, 260_000_000],
  ["one above, for the whole request", "gemini-2.5-pro", "standard", { input: 200_001, output: 1_000 }, 515_002_500],
  ["cached input at the threshold", "gemini-2.5-pro", "standard", { cacheRead: 200_000 }, 25_000_000],
  ["cached input over it", "gemini-2.5-pro", "standard", { input: 1, cacheRead: 200_000 }, 50_002_500],
  [
    "long output, which is no long context",
    "gemini-2.5-pro",
    "standard",
    { input: 10, output: 300_000 },
    3_000_012_500,
  ],
  ["gpt-5.4 one below", "gpt-5.4", "standard", { input: 271_999, output: 100 }, 681_497_500],
  ["gpt-5.4 at", "gpt-5.4", "standard", { input: 272_000, output: 100 }, 681_500_000],
  ["gpt-5.4 one above", "gpt-5.4", "standard", { input: 272_001, output: 100 }, 1_362_255_000],
  [
    "a tier without cache price, cached at its input price",
    "gpt-5.4-pro",
    "standard",
    { input: 200_000, cacheRead: 100_000 },
    18_000_000_000,
  ],
  ["cache writes at the threshold", "qwen3.7-plus", "standard", { input: 56_000, cacheWrite5m: 200_000 }, 153_000_000],
  ["cache writes over it", "qwen3.7-plus", "standard", { input: 56_001, cacheWrite5m: 200_000 }, 612_002_000],
  ["1-hour writes where one write price exists", "qwen3.7-plus", "standard", { cacheWrite1h: 300_000 }, 750_000_000],
  ["MiniMax at 512,000", "MiniMax-M3", "standard", { input: 512_000 }, 153_600_000],
  ["MiniMax above", "MiniMax-M3", "standard", { input: 512_001 }, 307_200_600],
  ["Grok above 200,000", "grok-4.3", "standard", { input: 200_001, output: 1 }, 500_007_500],

  // Fast and priority
  [
    // 30, 150, 3, 37.5 and 60 dollars per million
    "fast mode at six times, cache rates included",
    "claude-opus-4-6",
    "fast",
    { input: 1_000, output: 1_000, cacheRead: 10_000, cacheWrite5m: 2_000, cacheWrite1h: 1_000 },
    345_000_000,
  ],
  ["fast mode at twice", "claude-opus-4-8", "fast", { input: 1_000, output: 1_000 }, 60_000_000],
  ["a 1-hour write in fast mode", "claude-opus-4-8", "fast", { cacheWrite1h: 1_000 }, 20_000_000],
  ["fast mode of a model that has none", "claude-sonnet-4-5", "fast", { input: 1_000, output: 500 }, 10_500_000],
  ["priority", "gpt-5.4", "priority", { input: 1_000, output: 1_000 }, 35_000_000],
  ["priority with cached input", "gpt-5.5", "priority", { input: 1_000, cacheRead: 1_000, output: 1_000 }, 88_750_000],
  [
    // input at the tier's $5, output at priority's $30
    "priority over the threshold, at the dearer of both",
    "gpt-5.4",
    "priority",
    { input: 272_001, output: 100 },
    1_363_005_000,
  ],
  ["Anthropic's priority tier, which costs the same", "claude-opus-4-8", "priority", { input: 1_000 }, 5_000_000],

  // Server tools
  ["web searches alone", "claude-sonnet-4-5", "standard", { webSearches: 3 }, 30_000_000],
  [
    // 105×3 + 7345×3.75 + 7123×0.3 + 6039×15 = 120580.65, and one search
    "the usage example of Anthropic's web search page",
    "claude-sonnet-4-5",
    "standard",
    { input: 105, cacheWrite5m: 7_345, cacheRead: 7_123, output: 6_039, webSearches: 1 },
    130_580_650,
  ],
  ["OpenAI's searches", "gpt-5.4", "standard", { webSearches: 2 }, 20_000_000],
  ["prompts that Google grounded", "gemini-2.5-pro", "standard", { webSearches: 3 }, 105_000_000],
  ["Google's searches from Gemini 3 on", "gemini-3.5-flash", "standard", { webSearches: 3 }, 42_000_000],
  ["searches of a model not billed by search", "grok-4.3", "standard", { webSearches: 3 }, 0],
  ["Google's priority tier", "gemini-2.5-pro", "priority", { input: 1_000, output: 100 }, 2_250_000 + 1_800_000],

  // Missing and zero rates
  ["cached input without a cache price", "gpt-5-pro", "standard", { cacheRead: 1_000 }, 15_000_000],
  ["a cache write without a write price", "gemini-2.5-flash-lite", "standard", { cacheWrite5m: 1_000 }, 100_000],
  ["a cache write listed as free", "glm-4.6", "standard", { cacheWrite5m: 1_000_000 }, 0],
  ["cached input listed as free", "gpt-3.5-turbo", "standard", { cacheRead: 1_000_000 }, 0],
  ["a free model", "glm-4.7-flash", "standard", { input: 1_000_000, output: 1_000_000 }, 0],
  ["nothing", "claude-opus-4-8", "standard", {}, 0],
  ["an embedding", "text-embedding-3-small", "standard", { input: 8_191 }, 163_820],
  ["reasoning, which is part of the output", "gpt-5", "standard", { output: 100, reasoning: 80 }, 1_000_000],

  // Rounding: once, half up. deepseek-v4-pro reads at 3.625 nano-dollars a token, qwen3.6-flash takes 187.5 in.
  ["3.625 rounded up", "deepseek-v4-pro", "standard", { cacheRead: 1 }, 4],
  ["7.25 rounded down", "deepseek-v4-pro", "standard", { cacheRead: 2 }, 7],
  ["14.5 rounded up", "deepseek-v4-pro", "standard", { cacheRead: 4 }, 15],
  ["43.5 rounded up, not to even", "deepseek-v4-pro", "standard", { cacheRead: 12 }, 44],
  ["187.5 rounded up", "qwen3.6-flash", "standard", { input: 1 }, 188],
  ["187.5 + 468.75 rounded once", "qwen3.6-flash", "standard", { input: 1, cacheWrite5m: 2 }, 656],

  // Huge counts
  ["10^12 tokens", "claude-sonnet-4-5", "standard", { input: 1e12 }, 3_000_000_000_000_000],
  ["10^12 tokens past 2^53", "claude-opus-4-8", "standard", { output: 1e12 }, 25_000_000_000_000_000],
  [
    "10^12 tokens to the last nano-dollar",
    "claude-haiku-4-5",
    "standard",
    { input: 999_999_999_999, cacheRead: 1 },
    999_999_999_999_100,
  ],
  ["the dearest output rate", "o1-pro", "standard", { output: 1_234_567 }, 740_740_200_000],
];

describe("costOf", () => {
  it.each(CASES)("prices %s (%s, %s)", (_claim, model, mode, usage, nanos) => {
    expect(costOf(resolvePrice(builtInPrices(), model), { ...NO_USAGE, ...usage }, mode)).toBe(nanos);
  });

  it("books an unknown model at nothing, for the caller to flag", () => {
    expect(costOf(resolvePrice(builtInPrices(), "claude-opus-9"), { ...NO_USAGE, input: 1_000_000 }, "standard")).toBe(
      0,
    );
  });

  it("prices a mode with tiers of its own by those", () => {
    const price = {
      input: 2e9,
      output: 10e9,
      cacheRead: 2e9,
      cacheWrite5m: 2e9,
      cacheWrite1h: 2e9,
      priority: {
        input: 4e9,
        output: 20e9,
        cacheRead: 4e9,
        cacheWrite5m: 4e9,
        cacheWrite1h: 4e9,
        tiers: [{ aboveTokens: 100, input: 6e9, output: 30e9, cacheRead: 6e9, cacheWrite5m: 6e9, cacheWrite1h: 6e9 }],
      },
    };
    expect(costOf(price, { ...NO_USAGE, input: 100, output: 1 }, "priority")).toBe(420_000);
    expect(costOf(price, { ...NO_USAGE, input: 101, output: 1 }, "priority")).toBe(636_000);
    expect(costOf(price, { ...NO_USAGE, input: 101, output: 1 }, "standard")).toBe(212_000);
  });

  it("prices a mode without tiers at the dearer of mode and tier, part by part", () => {
    const flat = (input: number, output: number) => ({ input, output, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 });
    const price = {
      ...flat(1e9, 2e9),
      tiers: [{ aboveTokens: 100, ...flat(5e9, 3e9) }],
      priority: flat(2e9, 4e9),
    };
    expect(costOf(price, { ...NO_USAGE, input: 100, output: 10 }, "priority")).toBe(240_000);
    expect(costOf(price, { ...NO_USAGE, input: 101, output: 10 }, "priority")).toBe(545_000);
  });

  it("takes the highest of several tiers that the request is above", () => {
    const flat = (input: number) => ({ input, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 });
    const tiers = [
      { aboveTokens: 10, ...flat(2_000_000) },
      { aboveTokens: 20, ...flat(3_000_000) },
    ];
    const cost = (input: number) => costOf({ ...flat(1_000_000), tiers }, { ...NO_USAGE, input }, "standard");
    expect([10, 11, 20, 21].map(cost)).toEqual([10, 22, 40, 63]);
  });
});

describe("applyMultiplier", () => {
  it.each([
    [1_000_000_007, 1_000, 1_000_000_007],
    [1_000_000_007, 2_000, 2_000_000_014],
    [1, 1_499, 1],
    [1, 1_500, 2],
    [3, 500, 2],
    [333, 333, 111],
    [1, 0, 0],
    [0, 5_000, 0],
    [9_007_199_254_740_991, 1_000, 9_007_199_254_740_991],
    [4_503_599_627_370_495, 2_000, 9_007_199_254_740_990],
  ])("bills %d nano-dollars × %d thousandths as %d", (nanos, milli, billed) => {
    expect(applyMultiplier(nanos, milli)).toBe(billed);
  });
});

describe("a bill shared out over its parts", () => {
  const haiku = resolvePrice(builtInPrices(), "claude-haiku-4-5");
  const usage = { ...NO_USAGE, input: 12, cacheWrite5m: 3_456, cacheWrite1h: 7_890, cacheRead: 123_456, output: 789 };

  it("is each part at its own rate where it was booked at list prices", () => {
    expect(haiku && sharedOut(haiku, usage, "standard", 36_402_600)).toEqual({
      ...{ input: 12_000, cacheWrite5m: 4_320_000, cacheWrite1h: 15_780_000, cacheRead: 12_345_600, output: 3_945_000 },
      other: 0,
    });
  });

  it("adds up to what was booked, whatever multiplied it, searches and pieces in a part of their own", () => {
    const searched = { ...usage, webSearches: 3 };
    const parts = haiku && sharedOut(haiku, searched, "standard", 1_000_001);
    const sum = COST_PARTS.reduce((all, part) => all + (parts?.[part] ?? 0), 0);
    expect(Math.abs(sum - 1_000_001)).toBeLessThanOrEqual(COST_PARTS.length);
    expect(parts?.other).toBeGreaterThan(0);
  });

  it("is none where nothing was used", () => {
    expect(haiku && sharedOut(haiku, NO_USAGE, "standard", 5)).toBeNull();
  });
});
