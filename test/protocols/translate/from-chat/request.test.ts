import { describe, expect, test } from "vitest";
import { droppedOf, hubOf, read, refusedFor } from "./reading.ts";

describe("sampling and limits", () => {
  test("are the hub's own", () => {
    expect(
      hubOf({ max_completion_tokens: 10, max_tokens: 20, temperature: 1.5, top_p: 0.5, top_k: 3, stop: "x" }),
    ).toMatchObject({ maxTokens: 10, temperature: 1.5, topP: 0.5, topK: 3, stopSequences: ["x"] });
    expect(hubOf({ max_tokens: 20, stop: ["a", "", "\n"] })).toMatchObject({
      maxTokens: 20,
      stopSequences: ["a", "\n"],
    });
  });

  test("are absent where they are absent, or null", () => {
    const absent = { maxTokens: null, temperature: null, topP: null, topK: null, stopSequences: [], effort: null };
    expect(hubOf({})).toMatchObject(absent);
    expect(
      hubOf({ max_tokens: null, temperature: null, top_p: null, stop: null, reasoning_effort: null }),
    ).toMatchObject(absent);
  });

  test.each([
    ["max_tokens", 0],
    ["max_tokens", "10"],
    ["max_completion_tokens", -1],
    ["temperature", 2.1],
    ["temperature", Number.POSITIVE_INFINITY],
    ["top_p", 2],
    ["top_k", "a"],
    ["stop", [1]],
    ["stop", {}],
  ])("are refused where the API would refuse them: %s %j", (member, value) => {
    expect(refusedFor({ [member]: value })).toBe(member);
  });
});

describe("thinking", () => {
  test.each([
    [{}, { thinking: null, effort: null, showThinking: true }],
    [{ reasoning_effort: "low" }, { thinking: null, effort: "low", showThinking: true }],
    [{ reasoning_effort: "none" }, { thinking: { type: "disabled" }, effort: "none", showThinking: false }],
    [{ reasoning: { effort: "high", exclude: true } }, { thinking: null, effort: "high", showThinking: false }],
    [{ reasoning: { max_tokens: 2000 } }, { thinking: { type: "enabled", budget_tokens: 2000 }, effort: null }],
    [{ reasoning: { enabled: true } }, { thinking: { type: "adaptive" }, effort: null }],
    [{ reasoning: { enabled: false } }, { thinking: { type: "disabled" }, showThinking: false }],
    [{ thinking: { type: "enabled" } }, { thinking: { type: "adaptive" } }],
    [{ thinking: { type: "enabled", budget_tokens: 4096 } }, { thinking: { type: "enabled", budget_tokens: 4096 } }],
    [{ thinking: { type: "disabled" } }, { thinking: { type: "disabled" } }],
    [{ thinking: { type: "enabled", budget_tokens: -1 } }, { thinking: { type: "adaptive" } }],
  ])("is asked for by %j", (body, expected) => {
    expect(hubOf(body)).toMatchObject(expected);
    expect(droppedOf(body)).toEqual([]);
  });

  test("in a word that nobody knows is not asked for, and named", () => {
    expect(hubOf({ reasoning_effort: "wild" }).effort).toBeNull();
    expect(droppedOf({ reasoning_effort: "wild", verbosity: "endless" })).toEqual(["reasoning_effort", "verbosity"]);
  });
});

describe("the form of the answer", () => {
  test.each([
    [{ type: "text" }, null],
    [{ type: "json_object" }, { type: "json" }],
    [{ type: "json_schema", json_schema: { name: "a" } }, { type: "json" }],
    [
      { type: "json_schema", json_schema: { name: "a", schema: { type: "object" }, strict: true, description: "d" } },
      { type: "json_schema", name: "a", schema: { type: "object" }, strict: true, description: "d" },
    ],
  ])("%j", (response_format, format) => {
    expect(hubOf({ response_format }).format).toEqual(format);
  });

  test.each([
    ["response_format.type", { type: "grammar" }],
    ["response_format.type", "json"],
    ["response_format.json_schema.schema", { type: "json_schema", json_schema: { schema: "no" } }],
  ])("that is unknown is refused: %s", (member, response_format) => {
    expect(refusedFor({ response_format })).toBe(member);
  });

  test("may be short", () => {
    expect(hubOf({ verbosity: "low" }).verbosity).toBe("low");
  });
});

test("whose request it is, and which conversation's, goes along", () => {
  expect(read({ user: "u", safety_identifier: "s" }, { session: "abc" }).hub).toMatchObject({
    user: "s",
    session: "abc",
  });
  expect(hubOf({ user: "u" }).user).toBe("u");
});

describe("what no other format has", () => {
  test("is refused where another answer would come of it", () => {
    expect(refusedFor({ n: 2 })).toBe("n");
    expect(refusedFor({ modalities: ["text", "audio"] })).toBe("modalities");
    expect(refusedFor({ n: 1, modalities: ["text"] })).toBeNull();
  });

  test("is dropped and named, what is new as well", () => {
    const body = {
      ...{
        logprobs: true,
        top_logprobs: 2,
        logit_bias: { 5: 1 },
        seed: 7,
        frequency_penalty: 0.5,
        presence_penalty: 1,
      },
      ...{ prediction: { type: "content", content: "x" }, store: true, metadata: { a: "b" }, service_tier: "flex" },
      ...{ moderation: { model: "m" }, brand_new: 1 },
    };
    expect(droppedOf(body)).toEqual(Object.keys(body));
  });

  test("is not named where nothing was asked for with it", () => {
    const nothing = { logprobs: false, logit_bias: {}, frequency_penalty: 0, seed: null, store: false, plugins: [] };
    expect(droppedOf({ ...nothing, stream: true, stream_options: { include_usage: true } })).toEqual([]);
  });

  test("may have any name", () => {
    expect(droppedOf(JSON.parse('{"__proto__":{"stream":true},"constructor":"x"}'))).toEqual([
      "__proto__",
      "constructor",
    ]);
  });
});
