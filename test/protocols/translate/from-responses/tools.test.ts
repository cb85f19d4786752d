import { describe, expect, test } from "vitest";
import type { Json } from "../../../../src/protocols/translate/hub.ts";
import { memberRefused, messagesOf, read } from "./asked.ts";

const fn = (name: string, more: Json = {}) => ({ type: "function", name, ...more });
const PATCH = {
  ...{ type: "custom", name: "apply_patch", description: "Edits." },
  format: { type: "grammar", syntax: "lark", definition: "start: x" },
};

const toolsOf = (tools: unknown[], body: Json = {}) => read({ ...body, tools }).hub.tools;
const namesOf = (tools: unknown[], body: Json = {}) =>
  toolsOf(tools, body).map((tool) => (tool.type === "function" ? tool.name : tool.type));

describe("the tools of a request", () => {
  test("are functions, strict where the client says so and nowhere else", () => {
    const schema = { type: "object", properties: { a: { type: "string" } } };
    expect(
      toolsOf([
        fn("a", { description: "A.", parameters: schema, strict: true }),
        fn("b", { strict: null, parameters: null }),
      ]),
    ).toEqual([
      { type: "function", name: "a", description: "A.", input_schema: schema, strict: true },
      { type: "function", name: "b", input_schema: { type: "object", properties: {} } },
    ]);
  });

  test("that are free-form are functions of one argument, and tell the model their grammar", () => {
    expect(toolsOf([PATCH])).toMatchObject([
      { name: "apply_patch", description: "Edits.\n\nThe input must match this lark grammar:\nstart: x" },
    ]);
  });

  test("that OpenAI defines for the user's machine are functions, those in its containers are dropped", () => {
    expect(
      namesOf([{ type: "local_shell" }, { type: "shell", environment: { type: "local" } }, { type: "apply_patch" }]),
    ).toEqual(["local_shell", "shell", "apply_patch"]);
    expect(read({ tools: [{ type: "shell", environment: { type: "container_auto" } }] }).dropped).toEqual([
      "tools[shell]",
    ]);
  });

  test("that a provider runs are dropped and named, but for the search", () => {
    const hosted = [
      "file_search",
      "code_interpreter",
      "image_generation",
      "computer_use_preview",
      "mcp",
      "tool_search",
    ];
    const { hub, dropped } = read({
      tools: [...hosted.map((type) => ({ type })), fn("a"), { type: "advisor_20260301" }],
    });
    expect(hub.tools).toHaveLength(1);
    expect(dropped).toEqual([...hosted, "advisor_20260301"].map((type) => `tools[${type}]`));
  });

  test("may be a search, with its bounds", () => {
    const search = {
      ...{ type: "web_search", external_web_access: true, search_context_size: "low" },
      filters: { allowed_domains: ["example.com", 7] },
      user_location: { type: "approximate", city: "Berlin", country: null },
    };
    const { hub, dropped } = read({ tools: [search], max_tool_calls: 3 });
    expect(hub.tools).toEqual([
      { type: "web_search", allowed_domains: ["example.com"], user_location: { city: "Berlin" }, max_uses: 3 },
    ]);
    expect(dropped).toEqual(["tools[web_search].search_context_size"]);
    for (const type of ["web_search_preview", "web_search_preview_2025_03_11", "web_search_2025_08_26"]) {
      expect(toolsOf([{ type }])).toEqual([{ type: "web_search" }]);
    }
  });

  test("do not reach the web where the client wants a search without it", () => {
    const { hub, dropped } = read({ tools: [{ type: "web_search", external_web_access: false }] });
    expect([hub.tools, dropped]).toEqual([[], ["tools[web_search]"]]);
  });

  test("that only the provider's code may call are dropped", () => {
    expect(
      read({ tools: [fn("a", { allowed_callers: ["programmatic"] }), fn("b", { allowed_callers: ["direct"] })] }),
    ).toMatchObject({ hub: { tools: [{ name: "b" }] }, dropped: ["tools[a]"] });
  });

  test("lie in namespaces, and have flat names", () => {
    const namespace = (name: string, ...tools: unknown[]) => ({ type: "namespace", name, description: "", tools });
    const tools = [
      namespace("functions", PATCH, fn("wait")),
      namespace("clock", fn("sleep"), fn("wait")),
      namespace("mcp__burp__", fn("status")),
      fn("clock__sleep"),
    ];
    expect(namesOf(tools)).toEqual([
      ...["apply_patch", "wait", "clock__sleep", "clock__wait", "mcp__burp__status", "clock__sleep_2"],
    ]);
    const called = (namespace: string | undefined, name: string) =>
      messagesOf([{ type: "function_call", call_id: "c", name, namespace, arguments: "{}" }], { tools })[0]?.content[0];
    expect(called("clock", "sleep")).toMatchObject({ name: "clock__sleep" });
    expect(called(undefined, "clock__sleep")).toMatchObject({ name: "clock__sleep_2" });
    expect(called(undefined, "wait")).toMatchObject({ name: "wait" });
    expect(called("gone", "away")).toMatchObject({ name: "gone__away" });
  });

  test("keep names of their own where thousands flatten into one", () => {
    const halves = Array.from({ length: 2_000 }, (_, at) => [
      "x__".repeat(at + 1).slice(0, -2),
      "x__".repeat(2_000 - at),
    ]);
    const tools = halves.map(([name, inner]) => ({ type: "namespace", name, tools: [fn(String(inner))] }));
    expect(new Set(namesOf(tools)).size).toBe(2_000);
  });

  test("of a namespace tell once what holds for all of them", () => {
    const tools = [{ type: "function", name: "a", description: "A." }, fn("b")];
    expect(toolsOf([{ type: "namespace", name: "n", description: "Slow.", tools }, fn("c")])).toMatchObject([
      { name: "n__a", description: "A.\n\nAbout all tools of n: Slow." },
      { name: "n__b", input_schema: {} },
      { name: "c" },
    ]);
    expect(toolsOf([{ type: "namespace", name: "n", description: "Slow.", tools }])[1]).not.toHaveProperty(
      "description",
    );
  });

  // CLIProxyAPI#4798
  test("come in the input of newer Codex, and from what it has found among more of them", () => {
    const input = [
      {
        type: "additional_tools",
        role: "developer",
        tools: [{ type: "namespace", name: "functions", tools: [fn("a")] }],
      },
      { role: "user", content: "hi" },
      { type: "tool_search_output", call_id: "c", tools: [fn("b", { defer_loading: true }), fn("a")] },
    ];
    const { hub, dropped } = read({ input });
    expect(hub.tools).toMatchObject([{ name: "a" }, { name: "b" }]);
    expect(hub.messages).toHaveLength(1);
    expect(dropped).toEqual(["input[tool_search_output]"]);
  });

  test("are told once where they are declared twice, as they were declared last", () => {
    expect(toolsOf([fn("a", { description: "old" }), fn("b"), fn("a", { description: "new" })])).toMatchObject([
      { name: "a", description: "new" },
      { name: "b" },
    ]);
  });

  test.each([
    ["tools", { tools: {} }],
    ["tools.0", { tools: ["x"] }],
    ["tools.0.name", { tools: [fn("")] }],
    ["tools.1.parameters", { tools: [fn("a"), fn("b", { parameters: "x" })] }],
    ["tools.0.tools.0.name", { tools: [{ type: "namespace", name: "n", tools: [{ type: "custom" }] }] }],
    ["input.0.tools.0", { input: [{ type: "additional_tools", tools: [7] }] }],
  ])("%s is refused where it is malformed", (member, body) => {
    expect(memberRefused(body)).toBe(member);
  });
});

describe("the choice of a tool", () => {
  const tools = [fn("a"), PATCH, { type: "local_shell" }, { type: "namespace", name: "n", tools: [fn("c")] }];
  const choose = (tool_choice: unknown, more = tools as unknown[]) => read({ tools: more, tool_choice }).hub;

  test.each([
    ["auto", { type: "auto" }],
    ["none", { type: "none" }],
    ["required", { type: "any" }],
    [
      { type: "function", name: "a" },
      { type: "tool", name: "a" },
    ],
    [
      { type: "function", name: "c", namespace: "n" },
      { type: "tool", name: "n__c" },
    ],
    [
      { type: "custom", name: "apply_patch" },
      { type: "tool", name: "apply_patch" },
    ],
    [{ type: "local_shell" }, { type: "tool", name: "local_shell" }],
    [null, null],
  ])("%j is %j", (choice, expected) => {
    expect(choose(choice).toolChoice).toEqual(expected);
  });

  test("is none where there are no tools", () => {
    expect(choose("auto", []).toolChoice).toBeNull();
  });

  test("among some leaves those", () => {
    const allowed = [{ type: "function", name: "a" }, { type: "web_search_preview" }, { type: "custom", name: "gone" }];
    const hub = choose({ type: "allowed_tools", mode: "required", tools: allowed }, [...tools, { type: "web_search" }]);
    expect(hub.tools).toMatchObject([{ name: "a" }, { type: "web_search" }]);
    expect(hub.toolChoice).toEqual({ type: "any" });
    expect(choose({ type: "allowed_tools", mode: "auto", tools: [] })).toMatchObject({ tools: [], toolChoice: null });
  });

  // bifrost#3596
  test("of a tool that was dropped is dropped with it", () => {
    const { hub, dropped } = read({ tools: [{ type: "file_search" }], tool_choice: { type: "file_search" } });
    expect(hub.toolChoice).toBeNull();
    expect(dropped).toEqual(["tools[file_search]", "tool_choice"]);
  });

  test("of a function that is not there is refused", () => {
    expect(memberRefused({ tools, tool_choice: { type: "function", name: "toString" } })).toBe("tool_choice");
    expect(memberRefused({ tools, tool_choice: 7 })).toBe("tool_choice");
  });
});
