import { describe, expect, test } from "vitest";
import { hub, read } from "./asked.ts";

const EMPTY = { type: "object", properties: {} };

describe("a tool of a Messages client", () => {
  test("is a function of its own, with its schema, strictness and breakpoint", () => {
    const input_schema = { type: "object", properties: { path: { type: "string" } } };
    const cache_control = { type: "ephemeral" };
    const tool = { name: "Read", description: "Reads.", input_schema, strict: true, cache_control };
    expect(hub({ tools: [tool] }).tools).toEqual([{ type: "function", ...tool }]);
    expect(hub({ tools: [{ ...tool, type: "custom" }] }).tools).toEqual([{ type: "function", ...tool }]);
  });

  test("has an object's schema where it has none, or one that does not say so", () => {
    const schemas = [undefined, null, {}, { type: "object" }, { properties: {} }];
    const tools = schemas.map((input_schema) => ({ name: "a", input_schema }));
    expect(hub({ tools }).tools).toEqual(schemas.map(() => ({ type: "function", name: "a", input_schema: EMPTY })));
  });

  test("may have a name that objects have by themselves", () => {
    const { tools, toolChoice } = hub({
      tools: [{ name: "constructor" }],
      tool_choice: { type: "tool", name: "constructor" },
    });
    expect(tools).toEqual([{ type: "function", name: "constructor", input_schema: EMPTY }]);
    expect(toolChoice).toEqual({ type: "tool", name: "constructor" });
  });

  test("loses what tells Anthropic how to go about it, and that is named", () => {
    const tool = {
      ...{ name: "a", defer_loading: true, eager_input_streaming: true, input_examples: [{}] },
      allowed_callers: ["code_execution_20260120"],
    };
    expect(read({ tools: [tool] }).dropped).toEqual([
      ...["tools.defer_loading", "tools.eager_input_streaming", "tools.input_examples", "tools.allowed_callers"],
    ]);
    expect(read({ tools: [{ name: "a", defer_loading: false, allowed_callers: ["direct"] }] }).dropped).toEqual([]);
  });
});

describe("a tool that Anthropic runs", () => {
  test("is a search of the hub's in every version of it", () => {
    const place = { type: "approximate", city: "Paris", country: "FR", region: null };
    const search = { name: "web_search", max_uses: 3, allowed_domains: ["a.example"], user_location: place };
    const wanted = {
      ...{ type: "web_search", max_uses: 3, allowed_domains: ["a.example"] },
      user_location: { city: "Paris", country: "FR" },
    };
    for (const version of ["20250305", "20260209", "20260318"]) {
      expect(hub({ tools: [{ ...search, type: `web_search_${version}` }] }).tools).toEqual([wanted]);
    }
    expect(hub({ tools: [{ type: "web_search_20250305", name: "web_search", max_uses: 0 }] }).tools).toEqual([
      { type: "web_search" },
    ]);
  });

  test("is left out and named where no other provider has it", () => {
    const types = ["web_fetch_20250910", "bash_20250124", "code_execution_20260120", "memory_20250818"];
    const tools = types.map((type) => ({ type, name: type.replace(/_\d+$/, "") }));
    const { hub: sent, dropped } = read({ tools: [...tools, { type: "mcp_toolset", mcp_server_name: "x" }] });
    expect(sent.tools).toEqual([]);
    expect(dropped).toEqual([
      ...["tools[web_fetch]", "tools[bash]", "tools[code_execution]", "tools[memory]", "tools[mcp_toolset]"],
    ]);
  });

  // bifrost#3596
  test("is not forced when it has been left out", () => {
    const tools = [{ name: "a" }, { type: "web_fetch_20250910", name: "web_fetch" }];
    const { hub: sent, dropped } = read({ tools, tool_choice: { type: "tool", name: "web_fetch" } });
    expect([sent.toolChoice, sent.tools.length]).toEqual([null, 1]);
    expect(dropped).toEqual(["tools[web_fetch]", "tool_choice"]);
  });
});

describe("the choice of tools", () => {
  const tools = [{ name: "a" }, { type: "web_search_20250305", name: "web_search" }];

  test("is each that the API has", () => {
    const choices = [
      ...[{ type: "auto" }, { type: "any" }, { type: "none" }],
      ...[
        { type: "tool", name: "a" },
        { type: "tool", name: "web_search" },
      ],
    ];
    expect(choices.map((tool_choice) => hub({ tools, tool_choice }).toolChoice)).toEqual(choices);
  });

  // bifrost#7348
  test("says whether calls may be parallel", () => {
    const tool_choice = { type: "auto", disable_parallel_tool_use: true };
    expect(hub({ tools, tool_choice }).disableParallelToolUse).toBe(true);
    expect(hub({ tool_choice }).disableParallelToolUse).toBe(false);
  });

  test("is none without tools", () => {
    for (const type of ["auto", "none", "any"]) expect(hub({ tool_choice: { type } }).toolChoice).toBeNull();
    expect(read({ tool_choice: { type: "any" } }).dropped).toEqual(["tool_choice"]);
  });
});
