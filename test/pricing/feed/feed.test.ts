/** What becomes of a feed: a table from a good one, reasons and no table from a bad one. */
import { describe, expect, it } from "vitest";
import { builtInPrices } from "../../../src/pricing/built-in.ts";
import { type FeedContext, parseFeed } from "../../../src/pricing/feed/feed.ts";
import type { PriceTable } from "../../../src/pricing/table.ts";

const FIRST: FeedContext = { known: builtInPrices(), previous: null };

const MODELS_DEV = {
  openrouter: { models: { "claude-opus-4-8": { cost: { input: 99, output: 999 } } } },
  anthropic: {
    id: "anthropic",
    models: {
      "claude-opus-4-8": {
        name: "Claude Opus 4.8",
        cost: { input: 5, output: 25, cache_read: 0.5, cache_write: 6.25 },
        limit: { context: 1_000_000, output: 128_000 },
        experimental: {
          modes: {
            fast: {
              cost: { input: 10, output: 50, cache_read: 1, cache_write: 12.5 },
              provider: { body: { speed: "fast" }, headers: { "anthropic-beta": "fast-mode-2026-02-01" } },
            },
          },
        },
      },
      "claude-without-price": { name: "Free preview", limit: { context: 1 } },
    },
  },
  openai: {
    models: {
      "gpt-5.4": {
        cost: {
          input: 2.5,
          output: 15,
          cache_read: 0.25,
          input_audio: 40,
          tiers: [{ input: 5, output: 22.5, cache_read: 0.5, tier: { type: "context", size: 272_000 } }],
          context_over_200k: { input: 5, output: 22.5, cache_read: 0.5 },
        },
        limit: { context: 1_050_000, output: 128_000 },
        experimental: {
          modes: { fast: { cost: { input: 5, output: 30 }, provider: { body: { service_tier: "priority" } } } },
        },
      },
    },
  },
  google: {
    models: {
      "gemini-2.5-pro": {
        cost: { input: 1.25, output: 10, cache_read: 0.125, context_over_200k: { input: 2.5, output: 15 } },
      },
    },
  },
};

const LITELLM = {
  sample_spec: { input_cost_per_token: 0, litellm_provider: "one of https://docs.litellm.ai/docs/providers" },
  "claude-opus-4-6": {
    litellm_provider: "anthropic",
    input_cost_per_token: 5e-6,
    output_cost_per_token: 2.5e-5,
    cache_read_input_token_cost: 5e-7,
    cache_creation_input_token_cost: 6.25e-6,
    cache_creation_input_token_cost_above_1hr: 1e-5,
    max_input_tokens: 1_000_000,
    max_output_tokens: 128_000,
    max_tokens: 128_000,
    provider_specific_entry: { fast: 6.0, us: 1.1 },
    search_context_cost_per_query: { search_context_size_medium: 0.01 },
  },
  "claude-sonnet-4-5": {
    litellm_provider: "anthropic",
    input_cost_per_token: (0.1 + 0.2) / 1e5,
    output_cost_per_token: 1.5e-5,
    cache_read_input_token_cost: 3e-7,
    cache_creation_input_token_cost: 3.75e-6,
  },
  "us.anthropic.claude-opus-4-6-v1": {
    litellm_provider: "bedrock_converse",
    input_cost_per_token: 5.5e-6,
    output_cost_per_token: 2.75e-5,
  },
  "gpt-5.4": {
    litellm_provider: "openai",
    input_cost_per_token: 2.5e-6,
    output_cost_per_token: 1.5e-5,
    cache_read_input_token_cost: 2.5e-7,
    input_cost_per_token_above_272k_tokens: 5e-6,
    output_cost_per_token_above_272k_tokens: 2.25e-5,
    input_cost_per_token_priority: 5e-6,
    output_cost_per_token_priority: 3e-5,
    cache_read_input_token_cost_priority: 5e-7,
    input_cost_per_token_flex: 1.25e-6,
  },
  "gemini/gemini-3-pro-preview": {
    litellm_provider: "gemini",
    input_cost_per_token: 2e-6,
    output_cost_per_token: 1.2e-5,
    input_cost_per_token_above_200k_tokens: 4e-6,
    output_cost_per_token_above_200k_tokens: 1.8e-5,
    input_cost_per_token_priority: 3.6e-6,
    output_cost_per_token_priority: 2.16e-5,
    input_cost_per_token_above_200k_tokens_priority: 7.2e-6,
    output_cost_per_token_above_200k_tokens_priority: 3.24e-5,
  },
  "1024-x-1024/gpt-image-2": { litellm_provider: "openai", input_cost_per_token: 5e-6, output_cost_per_token: 3e-5 },
  "dall-e-3": { litellm_provider: "openai", input_cost_per_pixel: 1e-8 },
};

describe("a models.dev feed", () => {
  const table = accepted(parseFeed(MODELS_DEV, FIRST));

  it("gives the makers' models and nobody else's price for them", () => {
    expect(Object.keys(table)).toEqual(["claude-opus-4-8", "gpt-5.4", "gemini-2.5-pro"]);
    expect(table["claude-opus-4-8"]).toEqual({
      input: 5_000_000_000,
      output: 25_000_000_000,
      cacheRead: 500_000_000,
      cacheWrite5m: 6_250_000_000,
      cacheWrite1h: 10_000_000_000,
      fast: {
        input: 10_000_000_000,
        output: 50_000_000_000,
        cacheRead: 1_000_000_000,
        cacheWrite5m: 12_500_000_000,
        cacheWrite1h: 20_000_000_000,
      },
      webSearchPerThousand: 10_000_000_000,
      context: 1_000_000,
      maxOutput: 128_000,
    });
  });

  it("agrees with the built-in table where the facts are the same", () => {
    expect(table["claude-opus-4-8"]).toEqual(builtInPrices()["claude-opus-4-8"]);
    expect(table["gpt-5.4"]).toEqual(builtInPrices()["gpt-5.4"]);
  });

  it("reads a tier's threshold, and takes 200,000 for the field that has none", () => {
    expect(table["gpt-5.4"]?.tiers).toMatchObject([{ aboveTokens: 272_000, input: 5_000_000_000 }]);
    expect(table["gemini-2.5-pro"]?.tiers).toEqual([
      {
        aboveTokens: 200_000,
        input: 2_500_000_000,
        output: 15_000_000_000,
        cacheRead: 250_000_000,
        cacheWrite5m: 2_500_000_000,
        cacheWrite1h: 2_500_000_000,
      },
    ]);
  });

  it("takes the first maker's price where two list a name", () => {
    const twice = { mistral: { models: { "gpt-5.4": { cost: { input: 3, output: 16 } } } }, ...MODELS_DEV };
    expect(accepted(parseFeed(twice, FIRST))["gpt-5.4"]?.input).toBe(2_500_000_000);
  });

  it("takes all of a feed that has none of the makers: it is somebody's own", () => {
    const own = { constructor: { models: { "house-model": { cost: { input: 0.1, output: 0.2 } } } } };
    expect(accepted(parseFeed(own, FIRST))["house-model"]).toEqual({
      input: 100_000_000,
      output: 200_000_000,
      cacheRead: 100_000_000,
      cacheWrite5m: 100_000_000,
      cacheWrite1h: 100_000_000,
    });
  });
});

describe("a LiteLLM feed", () => {
  const table = accepted(parseFeed(LITELLM, FIRST));

  it("gives the makers' models under their bare names", () => {
    expect(Object.keys(table)).toEqual(["claude-opus-4-6", "claude-sonnet-4-5", "gpt-5.4", "gemini-3-pro-preview"]);
  });

  it("reads cache writes, search price, limits and the fast multiplier", () => {
    expect(table["claude-opus-4-6"]).toEqual(builtInPrices()["claude-opus-4-6"]);
  });

  it("rounds float noise away and knows Anthropic's 1-hour write", () => {
    expect(table["claude-sonnet-4-5"]).toMatchObject({ input: 3_000_000_000, cacheWrite1h: 6_000_000_000 });
  });

  it("reads tiers and priority, and tiers of priority", () => {
    expect(table["gpt-5.4"]).toMatchObject({
      tiers: [{ aboveTokens: 272_000, input: 5_000_000_000, output: 22_500_000_000, cacheRead: 500_000_000 }],
      priority: { input: 5_000_000_000, output: 30_000_000_000, cacheRead: 500_000_000 },
    });
    expect(table["gpt-5.4"]?.priority?.tiers).toBeUndefined();
    expect(table["gemini-3-pro-preview"]?.priority).toMatchObject({
      input: 3_600_000_000,
      tiers: [{ aboveTokens: 200_000, input: 7_200_000_000, output: 32_400_000_000 }],
    });
  });

  it("bills Anthropic's 1-hour write by Anthropic's rule, whatever the field says", () => {
    const slip = {
      "claude-opus-4-6": { ...LITELLM["claude-opus-4-6"], cache_creation_input_token_cost_above_1hr: 6e-6 },
    };
    expect(accepted(parseFeed(slip, FIRST))["claude-opus-4-6"]?.cacheWrite1h).toBe(10_000_000_000);
  });

  it("keeps the output price in a tier that raises the input price only", () => {
    const feed = {
      m: { input_cost_per_token: 1e-6, output_cost_per_token: 2e-6, input_cost_per_token_above_128k_tokens: 3e-6 },
    };
    expect(accepted(parseFeed(feed, FIRST)).m?.tiers).toMatchObject([
      { aboveTokens: 128_000, input: 3_000_000_000, output: 2_000_000_000, cacheRead: 3_000_000_000 },
    ]);
  });

  it("takes entries that name no provider, as a hand-made file has them", () => {
    const own = {
      "claude-new": { input_cost_per_token: 1e-5, output_cost_per_token: 5e-5 },
      "acme/claude-new-2": { input_cost_per_token: 1e-5, output_cost_per_token: 5e-5 },
    };
    const table = accepted(parseFeed(own, FIRST));
    expect(Object.keys(table)).toEqual(["claude-new"]);
    expect(table["claude-new"]).toMatchObject({ cacheRead: 10_000_000_000, cacheWrite1h: 20_000_000_000 });
  });
});

describe("a bad feed is refused whole", () => {
  const withCost = (cost: Record<string, unknown>) => ({
    ...MODELS_DEV,
    mistral: { models: { "mistral-large-3": { cost } } },
  });

  it.each([
    ["null", null],
    ["an array", [MODELS_DEV]],
    ["a string", "prices"],
    ["an error page's JSON", { error: { message: "rate limited" } }],
    ["an empty object", {}],
  ])("when it is %s", (_name, feed) => {
    expect(reasons(parseFeed(feed, FIRST))).toEqual([
      "The feed has neither the shape of models.dev nor that of LiteLLM.",
    ]);
  });

  it.each([
    ["negative", { input: -1, output: 1 }, "mistral/mistral-large-3 input is -1, which is no price."],
    ["text", { input: 1, output: "2.00" }, 'mistral/mistral-large-3 output is "2.00", which is no price.'],
    [
      "infinite",
      { input: 1, output: Number.POSITIVE_INFINITY },
      "mistral/mistral-large-3 output is null, which is no price.",
    ],
    ["beyond counting", { input: 1e300, output: 1 }, "mistral/mistral-large-3 input is 1e+300, which is no price."],
    ["an object", { input: {}, output: 1 }, "mistral/mistral-large-3 input is {}, which is no price."],
    ["absurdly high", { input: 1, output: 10_001 }, "mistral-large-3: output is above $10000 per million tokens."],
    [
      "in a wrong unit",
      { input: 1, output: 2, cache_read: 20 },
      "mistral-large-3: a cache rate is over ten times the input rate.",
    ],
    [
      "a bad cache rate",
      { input: 1, output: 1, cache_write: false },
      "mistral/mistral-large-3 cache_write is false, which is no price.",
    ],
    [
      "a tier without threshold",
      { input: 1, output: 1, tiers: [{ input: 2, output: 2 }] },
      "mistral/mistral-large-3 has a tier without a threshold or a price.",
    ],
  ])("when one price is %s", (_name, cost, reason) => {
    expect(reasons(parseFeed(withCost(cost), FIRST))).toEqual([reason]);
  });

  it("when a bad value sits in a tier, a mode or a LiteLLM field", () => {
    const tier = withCost({ input: 1, output: 1, tiers: [{ input: 2, output: -2, tier: { size: 5 } }] });
    expect(reasons(parseFeed(tier, FIRST))[0]).toBe("mistral/mistral-large-3, tier, output is -2, which is no price.");
    const litellm = (field: object) => ({
      ...LITELLM,
      "gpt-9": { litellm_provider: "openai", input_cost_per_token: 1e-6, output_cost_per_token: 1e-6, ...field },
    });
    expect(reasons(parseFeed(litellm({ output_cost_per_token_priority: "x" }), FIRST))).toEqual([
      'gpt-9 output_cost_per_token_priority is "x", which is no price.',
    ]);
    expect(reasons(parseFeed(litellm({ provider_specific_entry: { fast: -1 } }), FIRST))).toEqual([
      "gpt-9 has a fast multiplier that is no positive number.",
    ]);
    expect(
      reasons(parseFeed(litellm({ search_context_cost_per_query: { search_context_size_medium: 9 } }), FIRST)),
    ).toEqual(["gpt-9: a thousand searches cost above $1000."]);
  });

  it("when a rate scaled from it passes every whole number", () => {
    const cost = {
      input: 1e-9,
      output: 1,
      cache_read: 9_000_000,
      tiers: [{ input: 9_000_000, output: 1, tier: { size: 5 } }],
    };
    expect(reasons(parseFeed(withCost(cost), FIRST))).toEqual([
      "mistral-large-3: cacheRead is above $10000 per million tokens.",
    ]);
  });

  it("when it prices nothing", () => {
    expect(reasons(parseFeed({ openai: { models: {} } }, FIRST))).toEqual(["The feed prices no model."]);
  });

  it("when it has lost more than half of the models that it had before", () => {
    const previous = Object.fromEntries(
      ["claude-opus-4-8", "a", "b", "c", "d", "e", "f"].map((name) => [name, price(1)]),
    );
    expect(reasons(parseFeed(MODELS_DEV, { known: {}, previous }))).toEqual([
      "The feed has only 1 of the 7 models that it had before.",
    ]);
    const half = Object.fromEntries(["claude-opus-4-8", "gpt-5.4", "a", "b"].map((name) => [name, price(1)]));
    expect(parseFeed(MODELS_DEV, { known: {}, previous: half }).ok).toBe(true);
  });

  it("when a known price moves more than tenfold, up or down, or to nothing", () => {
    const known = (input: number) => ({ known: { "gpt-5.4": { ...price(input), output: 15e9 } }, previous: null });
    expect(parseFeed(MODELS_DEV, known(250_000_000)).ok).toBe(true);
    expect(reasons(parseFeed(MODELS_DEV, known(249_999_999)))).toEqual([
      "gpt-5.4: input goes from $0.249999999 to $2.5 per million tokens.",
    ]);
    expect(parseFeed(MODELS_DEV, known(25_000_000_000)).ok).toBe(true);
    expect(reasons(parseFeed(MODELS_DEV, known(25_000_000_001)))).toHaveLength(1);
    const free = { ...MODELS_DEV, openai: { models: { "gpt-5.4": { cost: { input: 0, output: 15 } } } } };
    expect(reasons(parseFeed(free, known(1_000_000_000)))).toEqual([
      "gpt-5.4: input goes from $1 to $0 per million tokens.",
    ]);
  });

  it("when more than one price in twenty is doubtful", () => {
    const feed = (count: number) => ({ openai: { models: modelsOf(count) } });
    const known = { m0: { ...price(1_000_000), output: 1_000_000 } };
    expect(reasons(parseFeed(feed(19), { known, previous: null }))).toEqual([
      "m0: input goes from $0.001 to $1 per million tokens.",
    ]);
    const parsed = parseFeed(feed(20), { known, previous: null });
    if (!parsed.ok) throw new Error(parsed.refusal.join(" "));
    expect(Object.keys(parsed.value.prices)).toHaveLength(19);
    expect(parsed.value.prices.m0).toBeUndefined();
    expect(parsed.value.skipped).toEqual(["m0: input goes from $0.001 to $1 per million tokens."]);
  });

  it("but a model whose new price is doubtful keeps what the feed said before", () => {
    const before = { ...price(1_000_000), output: 1_000_000 };
    const table = accepted(
      parseFeed({ openai: { models: modelsOf(20) } }, { known: { m0: before }, previous: { m0: before } }),
    );
    expect(table.m0).toEqual(before);
  });

  it("but a free model may get a price", () => {
    const known = { "gpt-5.4": { ...price(0), output: 0 } };
    expect(parseFeed(MODELS_DEV, { known, previous: null }).ok).toBe(true);
  });

  it("with at most 20 reasons of bounded length, however bad it is", () => {
    const models = Object.fromEntries(
      Array.from({ length: 100 }, (_, at) => [`${"m".repeat(500)}${at}`, { cost: { input: -1, output: 1 } }]),
    );
    const found = reasons(parseFeed({ openai: { models } }, FIRST));
    expect(found).toHaveLength(20);
    expect(Math.max(...found.map((reason) => reason.length))).toBe(300);
  });
});

it("drops a name that is no model name, and takes no harm from __proto__", () => {
  const feed = JSON.parse(
    '{"openai":{"models":{"__proto__":{"cost":{"input":1,"output":1}},"<b>":{"cost":{"input":1,"output":1}},"ok":{"cost":{"input":1,"output":1}}}}}',
  );
  expect(Object.keys(accepted(parseFeed(feed, FIRST)))).toEqual(["ok"]);
});

function modelsOf(count: number) {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`m${at}`, { cost: { input: 1, output: 1 } }]));
}

function price(input: number) {
  return { input, output: input, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 };
}

function accepted(parsed: ReturnType<typeof parseFeed>): PriceTable {
  if (!parsed.ok) throw new Error(parsed.refusal.join(" "));
  return parsed.value.prices;
}

function reasons(parsed: ReturnType<typeof parseFeed>): string[] {
  if (parsed.ok) throw new Error("The feed was accepted");
  return parsed.refusal;
}
