import { describe, expect, test } from "vitest";
import { droppedOf, hubOf, read, refusedFor } from "./reading.ts";

const fn = (name: string, more = {}) => ({ type: "function", function: { name, ...more } });
const EMPTY = { type: "object", properties: {} };
const hubFn = (name: string) => ({ type: "function", name, input_schema: EMPTY });

describe("a function", () => {
  test("keeps its words, its schema and its strictness", () => {
    const parameters = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
    expect(hubOf({ tools: [fn("look", { description: "Looks.", parameters, strict: true })] }).tools).toEqual([
      { type: "function", name: "look", description: "Looks.", input_schema: parameters, strict: true },
    ]);
  });

  test("without parameters has a schema that says so, and a schema without a type is one of an object", () => {
    expect(hubOf({ tools: [fn("look"), fn("see", { parameters: {} })] }).tools).toEqual([hubFn("look"), hubFn("see")]);
    expect(hubOf({ tools: [fn("look", { parameters: { properties: { a: {} } } })] }).tools).toEqual([
      { ...hubFn("look"), input_schema: { type: "object", properties: { a: {} } } },
    ]);
  });

  test("may be told in the old way, and then at most one is called", () => {
    const old = { functions: [{ name: "look" }], function_call: { name: "look" } };
    expect(hubOf(old)).toMatchObject({
      tools: [hubFn("look")],
      toolChoice: { type: "tool", name: "look" },
      disableParallelToolUse: true,
    });
    expect(hubOf({ ...old, function_call: "none" }).toolChoice).toEqual({ type: "none" });
  });
});

test("a free-form tool is a function of one argument", () => {
  const custom = { name: "patch", description: "Patches.", format: { type: "text" } };
  expect(hubOf({ tools: [{ type: "custom", custom }] }).tools).toMatchObject([
    { name: "patch", description: "Patches.", input_schema: { required: ["input"] } },
  ]);
});

test("a provider's own tool is dropped and named by its kind", () => {
  const body = { tools: [fn("look"), { type: "web_search", web_search: {} }, {}] };
  expect(refusedFor(body)).toBe("tools.2.function.name");
  expect(droppedOf({ tools: body.tools.slice(0, 2) })).toEqual(["tools[web_search]"]);
  expect(hubOf({ tools: body.tools.slice(0, 2) }).tools).toEqual([hubFn("look")]);
});

test("a search is asked for by its options", () => {
  const approximate = { city: "Basel", country: "CH", planet: "earth" };
  const web_search_options = { search_context_size: "low", user_location: { type: "approximate", approximate } };
  const { hub, dropped } = read({ web_search_options });
  expect(hub.tools).toEqual([{ type: "web_search", user_location: { city: "Basel", country: "CH" } }]);
  expect(dropped).toEqual(["web_search_options.search_context_size"]);
  expect(hubOf({ web_search_options: {} }).tools).toEqual([{ type: "web_search" }]);
});

describe("the choice", () => {
  const tools = [fn("look"), fn("see"), { type: "custom", custom: { name: "patch" } }];
  const allowed = (mode: string, names: string[]) => ({
    type: "allowed_tools",
    allowed_tools: { mode, tools: names.map((name) => fn(name)) },
  });

  test.each([
    [undefined, null],
    [null, null],
    ["auto", { type: "auto" }],
    ["none", { type: "none" }],
    ["required", { type: "any" }],
    [fn("see"), { type: "tool", name: "see" }],
    [
      { type: "custom", custom: { name: "patch" } },
      { type: "tool", name: "patch" },
    ],
  ])("%j", (tool_choice, toolChoice) => {
    const hub = hubOf({ tools, tool_choice });
    expect(hub.toolChoice).toEqual(toolChoice);
    expect(hub.tools).toHaveLength(3);
  });

  test("of allowed tools leaves the others out", () => {
    const some = hubOf({ tools, tool_choice: allowed("auto", ["see"]) });
    expect([some.tools, some.toolChoice]).toEqual([[hubFn("see")], { type: "auto" }]);
    expect(hubOf({ tools, tool_choice: allowed("required", ["see", "look"]) })).toMatchObject({
      tools: [hubFn("look"), hubFn("see")],
      toolChoice: { type: "any" },
    });
  });

  test("means nothing where there are no tools, unless one must be called", () => {
    expect(hubOf({ tool_choice: "auto" }).toolChoice).toBeNull();
    expect(hubOf({ tool_choice: "none", tools: [] }).toolChoice).toBeNull();
    expect(refusedFor({ tool_choice: "required" })).toBe("tool_choice");
  });

  test.each([["sometimes"], [fn("gone")], [{}], [allowed("auto", ["gone"])], [7]])("%j is refused", (tool_choice) => {
    expect(refusedFor({ tools, tool_choice })).toBe("tool_choice");
  });

  test("of one call at a time is kept where there are tools", () => {
    expect(hubOf({ tools, parallel_tool_calls: false }).disableParallelToolUse).toBe(true);
    expect(hubOf({ tools, parallel_tool_calls: true }).disableParallelToolUse).toBe(false);
    expect(hubOf({ parallel_tool_calls: false }).disableParallelToolUse).toBe(false);
  });
});

test.each([
  ["tools", { tools: {} }],
  ["functions", { functions: "look" }],
  ["tools.0.function.parameters", { tools: [fn("look", { parameters: [] })] }],
  ["tools.0.custom.name", { tools: [{ type: "custom" }] }],
  ["functions.0.name", { functions: [null] }],
])("what is no tool is refused by its place: %s", (member, body) => {
  expect(refusedFor(body)).toBe(member);
});
