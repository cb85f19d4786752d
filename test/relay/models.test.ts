import { describe, expect, test } from "vitest";
import { WIRE } from "../../src/protocols/wire.ts";
import { modelList, namedModels, readModelList } from "../../src/relay/models.ts";

const ALL = () => true;
/** As accounts name them. */
const named = (...ids: string[]) => ids.map((id) => ({ id, name: null }));

test("an account names what it spells out, once, and no patterns", () => {
  const rules = { allowedModels: ["a", "claude-*", "models/b"], modelMapping: { a: "x", "c-*": "y", d: "z" } };
  expect(namedModels(rules)).toEqual(["a", "b", "d"]);
});

test.each([
  ["no JSON", "<html>"],
  ["an array", "[]"],
  ["an object without a list", "{}"],
  ["another format's list", '{"models":[]}'],
])("%s is no list", (_, text) => {
  expect(readModelList(WIRE.anthropic.models, text)).toBeNull();
});

describe("a list keeps the upstream's own objects and adds what it lacks", () => {
  test("Anthropic", () => {
    const own = { type: "model", id: "a", display_name: "A", created_at: "2025-01-01T00:00:00Z", extra: 1 };
    const upstream = { data: [own, { id: "b" }], has_more: false, first_id: "a", last_id: "b" };
    expect(modelList(WIRE.anthropic.models, upstream, (id) => id === "a", named("a", "c"))).toEqual({
      data: [{ ...own, description: "Through Edge Relay" }, WIRE.anthropic.models.entryOf("c")],
      has_more: false,
      first_id: "a",
      last_id: "c",
    });
  });

  test("Anthropic, with more pages to come: the cursor is the upstream's, though its model is left out", () => {
    const upstream = { data: [{ id: "a" }, { id: "b" }], has_more: true, first_id: "a", last_id: "b" };
    const list = modelList(WIRE.anthropic.models, upstream, (id) => id === "a", []);
    expect(list).toMatchObject({ data: [{ id: "a" }], has_more: true, first_id: "a", last_id: "b" });
  });

  test("OpenAI", () => {
    const own = { id: "a", object: "model", created: 5, owned_by: "openai" };
    const list = modelList(WIRE.responses.models, { object: "list", data: [own] }, ALL, named("a", "b"));
    expect(list).toEqual({ object: "list", data: [own, WIRE.responses.models.entryOf("b")] });
  });

  test("Gemini", () => {
    const own = { name: "models/a", displayName: "A", inputTokenLimit: 9 };
    const upstream = { models: [own, { name: "models/b" }], nextPageToken: "t" };
    const list = modelList(WIRE.gemini.models, upstream, (id) => id === "a", named("a", "c"));
    expect(list).toEqual({ models: [own, WIRE.gemini.models.entryOf("c")], nextPageToken: "t" });
    expect(WIRE.gemini.models.entryOf("c")).toMatchObject({ name: "models/c", displayName: "c" });
  });
});

test("a model is listed once, under the name that somebody has for it", () => {
  const more = [...named("gpt-5.5"), { id: "gpt-5.5", name: "GPT 5.5" }, { id: "gemini-3", name: "Gemini 3" }];
  expect(modelList(WIRE.anthropic.models, null, ALL, more)).toMatchObject({
    data: [
      { id: "gpt-5.5", display_name: "GPT 5.5", description: "Through Edge Relay" },
      { id: "gemini-3", display_name: "Gemini 3" },
    ],
  });
  expect(modelList(WIRE.gemini.models, null, ALL, more)).toMatchObject({
    models: [
      { name: "models/gpt-5.5", displayName: "GPT 5.5" },
      { name: "models/gemini-3", displayName: "Gemini 3" },
    ],
  });
});

test("an empty list is a list", () => {
  expect(modelList(WIRE.anthropic.models, null, ALL, [])).toEqual({
    data: [],
    has_more: false,
    first_id: null,
    last_id: null,
  });
  expect(modelList(WIRE.chat.models, null, ALL, [])).toEqual({ object: "list", data: [] });
  expect(modelList(WIRE.gemini.models, null, ALL, [])).toEqual({ models: [] });
});

test.each([
  ["claude-sonnet-4-5-20250929", "Claude Sonnet 4.5"],
  ["claude-3-5-haiku-20241022", "Claude 3.5 Haiku"],
  ["claude-opus-5-5", "Claude Opus 5.5"],
  ["claude-sonnet-4-5[1m]", "claude-sonnet-4-5[1m]"],
  ["glm-4.6", "glm-4.6"],
])("%s is called %s where only an account's rules name it", (id, name) => {
  expect(WIRE.anthropic.models.entryOf(id)).toMatchObject({ display_name: name, description: expect.any(String) });
});
