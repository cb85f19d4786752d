import { describe, expect, test } from "vitest";
import {
  budgetOfEffort,
  effortAsked,
  effortOfBudget,
  effortsOf,
  nearestEffort,
  stepDown,
} from "../../../src/protocols/translate/effort.ts";
import { EFFORTS } from "../../../src/protocols/translate/hub.ts";

describe("a budget of thinking", () => {
  test("is the least effort that may use it up", () => {
    const efforts = [0, 512, 1023, 1024, 1025, 8192, 10_000, 24_576, 31_999, 63_999, 200_000].map(effortOfBudget);
    expect(efforts).toEqual([
      ...["none", "minimal", "low", "low", "medium", "medium", "high", "high"],
      ...["xhigh", "xhigh", "xhigh"],
    ]);
  });

  test("of an effort leads back to that effort, except for the most", () => {
    for (const effort of EFFORTS.filter((each) => each !== "max")) {
      expect(effortOfBudget(budgetOfEffort(effort))).toBe(effort);
    }
    expect(effortOfBudget(budgetOfEffort("max"))).toBe("xhigh");
  });
});

test("an effort is read from whatever way of asking a client has used", () => {
  expect(effortAsked({ thinking: null, effort: null })).toBeNull();
  expect(effortAsked({ thinking: null, effort: "low" })).toBe("low");
  expect(effortAsked({ thinking: { type: "disabled" }, effort: "max" })).toBe("none");
  expect(effortAsked({ thinking: { type: "adaptive" }, effort: null })).toBe("high");
  expect(effortAsked({ thinking: { type: "adaptive" }, effort: "medium" })).toBe("medium");
  expect(effortAsked({ thinking: { type: "enabled", budget_tokens: 4096 }, effort: null })).toBe("medium");
});

describe("an effort that a model lacks", () => {
  test("becomes the nearest it has, and of two the cheaper", () => {
    expect(nearestEffort("max", ["low", "medium", "high"])).toBe("high");
    expect(nearestEffort("xhigh", ["high", "max"])).toBe("high");
    expect(nearestEffort("minimal", ["medium", "high", "xhigh"])).toBe("medium");
    expect(nearestEffort("none", ["low", "medium"])).toBe("low");
    expect(nearestEffort("low", ["high"])).toBe("high");
    expect(nearestEffort("low", [])).toBeNull();
    // In whatever order a list comes.
    expect(nearestEffort("xhigh", ["max", "high"])).toBe("high");
  });

  test("is never switched off where there is any other", () => {
    expect(nearestEffort("minimal", ["none", "low"])).toBe("low");
    expect(nearestEffort("low", ["none"])).toBe("none");
  });

  test("steps down until there is nothing lower that every model has", () => {
    const steps = EFFORTS.map(stepDown);
    expect(steps).toEqual(["low", "low", null, "low", "medium", "high", "xhigh"]);
  });
});

test.each([
  ["gpt-4.1", []],
  ["o3-mini", ["low", "medium", "high"]],
  ["o4-mini-2025-04-16", ["low", "medium", "high"]],
  ["gpt-5", ["minimal", "low", "medium", "high"]],
  ["gpt-5-mini-2025-08-07", ["minimal", "low", "medium", "high"]],
  ["gpt-5-pro", ["high"]],
  ["gpt-5-codex", ["low", "medium", "high"]],
  ["gpt-5.1", ["none", "low", "medium", "high"]],
  ["gpt-5.1-chat-latest", ["medium"]],
  ["gpt-5.1-codex-mini", ["low", "medium", "high"]],
  ["gpt-5.1-codex-max", ["low", "medium", "high", "xhigh"]],
  ["gpt-5.3-codex-spark", ["low", "medium", "high", "xhigh"]],
  ["gpt-5.4-pro", ["medium", "high", "xhigh"]],
  ["openai/GPT-5.5", ["none", "low", "medium", "high", "xhigh"]],
  ["gpt-5.6-sol", ["none", "low", "medium", "high", "xhigh", "max"]],
  ["gpt-6-astra", ["low", "medium", "high", "xhigh", "max"]],
  ["deepseek-chat", null],
])("%s takes the efforts that its vendor gives it", (model, efforts) => {
  expect(effortsOf(model)).toEqual(efforts);
});
