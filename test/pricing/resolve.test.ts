/** Which names mean which model, and above all which do not. */
import { describe, expect, it } from "vitest";
import { builtInPrices } from "../../src/pricing/built-in.ts";
import { resolvePrice } from "../../src/pricing/resolve.ts";
import type { ModelPrice } from "../../src/pricing/table.ts";

const SAME: [name: string, model: string][] = [
  ["claude-opus-4-8", "claude-opus-4-8"],
  ["claude-sonnet-4-6[1m]", "claude-sonnet-4-6"],
  ["claude-sonnet-4-5-20250929[1m]", "claude-sonnet-4-5-20250929"],
  ["claude-sonnet-4-6[1M]", "claude-sonnet-4-6"],
  ["anthropic/claude-sonnet-4-6", "claude-sonnet-4-6"],
  ["anthropic/claude-sonnet-4-6[1m]", "claude-sonnet-4-6"],
  ["openai/gpt-5.4", "gpt-5.4"],
  ["google/gemini-2.5-pro", "gemini-2.5-pro"],
  ["gemini/gemini-2.5-pro", "gemini-2.5-pro"],
  ["x-ai/grok-4.3", "grok-4.3"],
  ["minimax/MiniMax-M3", "MiniMax-M3"],
  ["models/gemini-3-pro-preview", "gemini-3-pro-preview"],
  ["publishers/google/models/gemini-2.5-flash", "gemini-2.5-flash"],
  ["projects/p-1/locations/global/publishers/google/models/gemini-2.5-flash", "gemini-2.5-flash"],
  ["publishers/anthropic/models/claude-opus-4-5@20251101", "claude-opus-4-5-20251101"],
  ["vertex_ai/claude-sonnet-4-5@20250929", "claude-sonnet-4-5-20250929"],
  ["claude-opus-4-6@default", "claude-opus-4-6"],
  ["claude-opus-4@20250514", "claude-opus-4-20250514"],
  ["claude-3-5-sonnet-v2@20241022", "claude-3-5-sonnet-20241022"],
  ["anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5-20250929"],
  ["us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5-20250929"],
  ["global.anthropic.claude-opus-4-6-v1", "claude-opus-4-6"],
  ["apac.anthropic.claude-opus-4-8", "claude-opus-4-8"],
  ["us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5-20250929"],
  ["bedrock/us.anthropic.claude-opus-4-6-v1", "claude-opus-4-6"],
  ["bedrock/us-east-1/anthropic.claude-opus-4-8", "claude-opus-4-8"],
  ["bedrock/converse/eu.anthropic.claude-opus-4-8", "claude-opus-4-8"],
  ["anthropic.claude-3-sonnet-20240229-v1:0:28k", "claude-3-sonnet-20240229"],
  ["openai.gpt-5.5", "gpt-5.5"],
  ["claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5-20251001"],
  [
    "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-4-5-20251101-v1:0",
    "claude-opus-4-5-20251101",
  ],
  ["arn:aws:bedrock:eu-west-3::foundation-model/anthropic.claude-opus-4-8", "claude-opus-4-8"],
  ["azure/gpt-4.1", "gpt-4.1"],
  ["gpt-5-2025-08-07", "gpt-5"],
  ["gpt-4.1-mini-2025-04-14", "gpt-4.1-mini"],
  ["claude-opus-4-6-20260205", "claude-opus-4-6"],
  ["claude-sonnet-4-5-latest", "claude-sonnet-4-5"],
  ["magistral-small-latest", "magistral-small"],
  ["claude-3-7-sonnet-latest", "claude-3-7-sonnet-20250219"],
  ["claude-3-7-sonnet", "claude-3-7-sonnet-20250219"],
  ["claude-3-5-sonnet", "claude-3-5-sonnet-20241022"],
  ["anthropic/claude-opus-4", "claude-opus-4-20250514"],
  ["claude-3-haiku", "claude-3-haiku-20240307"],
  // Names of their own that a normalisation would break
  ["gpt-5-chat-latest", "gpt-5-chat-latest"],
  ["gemini-flash-latest", "gemini-flash-latest"],
  ["mistral-medium-2604", "mistral-medium-2604"],
  ["gpt-4o-2024-05-13", "gpt-4o-2024-05-13"],
];

const UNKNOWN = [
  "",
  "claude",
  "claude-3",
  "claude-opus",
  "claude-opus-9",
  "claude-opus-4-55",
  "claude-opus-4-8-custom",
  "my-claude-opus-4-8",
  "xclaude-opus-4-8",
  "claude-opus-4-8x",
  "claude-opus-4-8[2m]",
  "[1m]",
  "anthropic/",
  "us.claude-opus-4-8",
  "anthropic-claude-opus-4-8",
  "acme/claude-opus-4-8",
  "openrouter/anthropic/claude-opus-4-8",
  "groq/qwen3-32b",
  "qwen.qwen3-32b-v1:0",
  "deepseek.v3-v1:0",
  // A date that the table does not have must not take another date's price
  "claude-3-5-sonnet-20250101",
  "claude-opus-4-20260205",
  "claude-3-5-sonnet@20250101",
  "claude-3-5-sonnet-2024-10-22",
  // Digits that are no date
  "claude-opus-4-8-12345678",
  "claude-opus-4-8-20261345",
  "gpt-4-0613",
  "gpt-4o-mini-2",
  "gpt-4o-v1",
  "gpt-5.4-chat-latest",
  "chatgpt-4o-latest",
  "gpt-5.44",
  "gpt-5-codex-max",
  "ft:gpt-4o-2024-08-06:acme::abc123",
  "gpt-4o-2024-08-06:acme",
  "GPT-4O",
  "constructor",
  "__proto__",
  "toString",
  "hasOwnProperty-latest",
];

describe("resolvePrice", () => {
  it.each(SAME)("takes %s for %s", (name, model) => {
    expect(builtInPrices()[model]).toBeDefined();
    expect(resolvePrice(builtInPrices(), name)).toBe(builtInPrices()[model]);
  });

  it.each(UNKNOWN)("does not know %j", (name) => {
    expect(resolvePrice(builtInPrices(), name)).toBeNull();
  });

  it("prefers the name as it stands to every normalisation of it", () => {
    const [dear, cheap]: [ModelPrice, ModelPrice] = [priceOf(2), priceOf(1)];
    const table = { "us.anthropic.claude-opus-4-8": dear, "claude-opus-4-8": cheap };
    expect(resolvePrice(table, "us.anthropic.claude-opus-4-8")).toBe(dear);
    expect(resolvePrice(table, "bedrock/us.anthropic.claude-opus-4-8")).toBe(dear);
    expect(resolvePrice(table, "eu.anthropic.claude-opus-4-8")).toBe(cheap);
  });

  it("takes the newest of both ways to write a date for an undated name", () => {
    const table = {
      "m-20250101": priceOf(1),
      "m-2025-06-01": priceOf(2),
      "m-20250301": priceOf(3),
      "m-pro-20260101": priceOf(4),
    };
    expect(resolvePrice(table, "m")).toBe(table["m-2025-06-01"]);
  });

  it("gives up on a name longer than any real one, whatever it is made of", () => {
    expect(resolvePrice(builtInPrices(), `${"models/".repeat(200_000)}gpt-4o`)).toBeNull();
    expect(resolvePrice(builtInPrices(), "a".repeat(257))).toBeNull();
  });
});

function priceOf(input: number): ModelPrice {
  return { input, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 };
}
