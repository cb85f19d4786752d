import { expect, test } from "vitest";
import { rulesOf } from "../../admin/src/pages/key/rules.tsx";

const OPEN = {
  ...{ owner: "", tags: [], rate_limit_tier: null, permissions: [], allowed_models: [], denied_models: [] },
  ...{ model_aliases: {}, allowed_clients: [], allowed_ips: [], activation_days: null, activation_hours: null },
  ...{ queue_size: 0, cost_multiplier: 1, unpriced: "charge" as const },
};

test("a key that may do anything has no rules", () => {
  expect(rulesOf(OPEN)).toEqual([]);
});

test("a price factor is shown as it is, not rounded", () => {
  expect(rulesOf({ ...OPEN, cost_multiplier: 1.25 })).toEqual([["Price factor", "1.25"]]);
});

test("names of its own, a template and a queue count as rules, and platforms have their names", () => {
  const key = {
    ...{ ...OPEN, rate_limit_tier: "guests", permissions: ["openai" as const], queue_size: 3, activation_days: 30 },
    model_aliases: { fast: [{ model: "claude-haiku-4-5" }, { model: "gpt-5-mini" }] },
  };
  expect(rulesOf(key)).toEqual([
    ["Template", "guests"],
    ["Platforms", "OpenAI"],
    ["Names of models, for this key", "fast = claude-haiku-4-5, gpt-5-mini"],
    ["Days from the first request", "30"],
    ["How many more may wait", "3"],
  ]);
});
