/** What is cut out of a models.dev feed reads like the whole, and what is no models.dev feed is read whole. */
import { describe, expect, it } from "vitest";
import { readModelsDev } from "../../../src/pricing/feed/models-dev.ts";
import { parseSections } from "../../../src/pricing/feed/sections.ts";

const model = (input: number) => ({
  name: 'a "quoted" } { \\ name',
  cost: { input, output: 2 * input },
  limit: { context: 9 },
});
const provider = (id: string, input: number) => ({ id, env: ["KEY"], models: { [`${id}-1`]: model(input) } });

/** As the feed has them, makers and resellers mixed. */
const IDS = [
  "alpha",
  "anthropic",
  "openrouter",
  "openai",
  "google",
  "xai",
  "deepseek",
  "zhipuai",
  "moonshotai",
  "alibaba",
  "minimax",
  "mistral",
  "zeta",
];
const FEED = Object.fromEntries(IDS.map((id, at) => [id, provider(id, at + 1)]));

describe("a models.dev feed", () => {
  it.each([0, 2])("reads like the whole, with makers cut out (indent %s)", (indent) => {
    const cut = parseSections(JSON.stringify(FEED, null, indent)) as Record<string, unknown>;
    expect(Object.keys(cut)).not.toContain("openrouter");
    expect(readModelsDev(cut)).toEqual(readModelsDev(FEED));
    // Every maker that the reader knows is one that is cut out, or its models would be missing here.
    expect(readModelsDev(FEED).prices.size).toBe(Object.keys(cut).length);
  });

  it.each([
    ["a maker whose id does not come first", { ...FEED, openai: { models: { a: model(1) }, id: "openai" } }],
    ["a maker's name on another object too", { ...FEED, alpha: { id: "alpha", openai: { id: "openai", models: {} } } }],
    ["a maker without models", { ...FEED, openai: { id: "openai", models: 3 } }],
    ["no maker", { alpha: FEED.alpha, zeta: FEED.zeta }],
    ["the shape of LiteLLM", { "gpt-5": { litellm_provider: "openai", input_cost_per_token: 1e-6 } }],
    ["no object", [1, 2]],
    ["a name in a string", { alpha: { text: '"openai": {"id": "openai", "models": {}' } }],
  ])("is read whole where it has %s", (_, feed) => {
    expect(parseSections(JSON.stringify(feed))).toEqual(feed);
  });

  it("that is cut off is refused, or read up to there, and never half a section", () => {
    const text = JSON.stringify(FEED);
    for (let end = 0; end < text.length; end += 3) {
      let read: unknown;
      try {
        read = parseSections(text.slice(0, end));
      } catch {
        continue;
      }
      expect(FEED).toMatchObject(read as object);
    }
  });
});
