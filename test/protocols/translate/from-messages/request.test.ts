import { describe, expect, test } from "vitest";
import { HELLO, hub, read, refusedFor } from "./asked.ts";

describe("a Messages request", () => {
  test("has its model from the path it came by, its texts as lists, and nothing where the client says nothing", () => {
    expect(hub({})).toEqual({
      ...{ model: "asked", system: [], tools: [], toolChoice: null, disableParallelToolUse: false },
      messages: [{ role: "user", content: [{ type: "text", text: "Hello" }] }],
      ...{ maxTokens: 100, temperature: null, topP: null, topK: null, stopSequences: [], thinking: null },
      ...{ effort: null, showThinking: false, format: null, verbosity: null, user: null, session: null, stream: false },
    });
  });

  test("keeps its sampling, its stop sequences but empty ones, and whose it is", () => {
    const said = { temperature: 0.5, top_p: 0.9, top_k: 40, stop_sequences: ["END", ""], metadata: { user_id: "u" } };
    const { temperature, topP, topK, stopSequences, user } = hub(said);
    expect([temperature, topP, topK, stopSequences, user]).toEqual([0.5, 0.9, 40, ["END"], "u"]);
  });

  test("needs no output limit, which a count has not", () => {
    expect(hub({ max_tokens: undefined }).maxTokens).toBeNull();
  });

  test("that would only fill Anthropic's cache is refused", () => {
    expect(refusedFor({ max_tokens: 0 })).toBe("max_tokens");
  });

  test("is refused where a member is not what the API has there", () => {
    const malformed = [
      ...[{ messages: "Hello" }, { messages: [] }, { messages: [{ role: "user", content: "" }] }],
      ...[{ system: 1 }, { temperature: "hot" }, { top_p: -1 }, { top_k: {} }, { stop_sequences: "END" }],
      ...[{ max_tokens: "100" }, { max_tokens: 1.5 }, { thinking: "on" }, { thinking: { type: "enabled" } }],
      ...[{ output_config: { effort: "huge" } }, { output_config: { format: { type: "xml" } } }, { tools: {} }],
      ...[{ tools: [1] }, { tools: [{ input_schema: {} }] }, { tools: [{ name: "a", input_schema: [] }] }],
      { tool_choice: { type: "tool" }, tools: [{ name: "a" }] },
    ];
    expect(malformed.map(refusedFor)).toEqual([
      ...["messages", "messages", "messages", "system", "temperature", "top_p", "top_k", "stop_sequences"],
      ...["max_tokens", "max_tokens", "thinking", "thinking", "output_config.effort", "output_config.format", "tools"],
      ...["tools.0", "tools.0.name", "tools.0.input_schema", "tool_choice"],
    ]);
  });

  test("names what only Anthropic knows, and not what asks for nothing", () => {
    const nothing = { service_tier: "auto", speed: "standard", inference_geo: null, mcp_servers: [], container: null };
    expect(read(nothing).dropped).toEqual([]);
    const much = {
      ...{ service_tier: "standard_only", speed: "fast", inference_geo: "us", container: "c" },
      ...{ mcp_servers: [{}], context_management: { edits: [] }, safeguards: {}, output_config: { task_budget: {} } },
    };
    expect(read(much).dropped).toEqual([
      ...["service_tier", "speed", "inference_geo", "container", "mcp_servers", "context_management", "safeguards"],
      "output_config.task_budget",
    ]);
  });

  test("may have members of names that objects have by themselves", () => {
    const body = JSON.parse('{"__proto__":{"a":1},"constructor":"x","toString":1}');
    expect(read(body).dropped.sort()).toEqual(["__proto__", "constructor", "toString"]);
  });
});

describe("the system prompt", () => {
  // claude-code#68900, ccproxy-api#61, cc-switch#2350
  test("loses Claude Code's line about itself, which changes from request to request", () => {
    const line = "x-anthropic-billing-header: cc_version=2.1.329.0f7; cc_entrypoint=sdk-cli;";
    const own = { type: "text", text: "You are an agent.", cache_control: { type: "ephemeral" } };
    const { hub: sent, dropped } = read({ system: [{ type: "text", text: line }, own] });
    expect([sent.system, dropped]).toEqual([[own], []]);
    expect(hub({ system: line }).system).toEqual([]);
    expect(hub({ system: `${line}\n\nBe brief.` }).system).toEqual([{ type: "text", text: "Be brief." }]);
  });

  test("may be a text, and has no empty blocks", () => {
    expect(hub({ system: "Be brief." }).system).toEqual([{ type: "text", text: "Be brief." }]);
    expect(hub({ system: [{ type: "text", text: "" }] }).system).toEqual([]);
  });
});

describe("system messages in the midst of a conversation", () => {
  const system = (more: object) => ({ messages: [...HELLO, { role: "system", ...more }] });

  test("stay where they are", () => {
    const roles = hub({ messages: [...HELLO, { role: "system", content: "Now in French." }, ...HELLO] }).messages;
    expect(roles.map(({ role }) => role)).toEqual(["user", "system", "user"]);
  });

  test("set the effort from there on", () => {
    const { effort, messages } = hub({
      ...system({ output_config: { effort: "low" } }),
      output_config: { effort: "max" },
    });
    expect([effort, messages.length]).toEqual(["low", 1]);
  });

  test("that hold for one turn of the user are gone in the next", () => {
    const once = { content: "Only now.", clear_at: "next_user_message" };
    expect(hub(system(once)).messages.length).toBe(2);
    expect(hub({ messages: [...system(once).messages, ...HELLO] }).messages.length).toBe(2);
  });

  test("add tools and take them away", () => {
    const change = (type: string, tool: object) => ({ role: "system", content: [{ type, tool }] });
    const definition = { name: "c", input_schema: { type: "object", properties: {} } };
    const { tools, messages } = hub({
      tools: [{ name: "a" }, { name: "b" }],
      messages: [
        ...HELLO,
        change("tool_removal", { type: "tool_reference", name: "a" }),
        change("tool_removal", { type: "tool_reference", name: "b" }),
        change("tool_addition", { type: "tool_definition", definition }),
        change("tool_addition", { type: "tool_reference", name: "b" }),
      ],
    });
    expect(tools.map((tool) => tool.type === "function" && tool.name)).toEqual(["c", "b"]);
    expect(messages.length).toBe(1);
  });
});

describe("thinking", () => {
  test("is carried in every form that the API has", () => {
    const forms = [
      { type: "enabled", budget_tokens: 2048 },
      { type: "adaptive" },
      { type: "disabled" },
      { type: "between_tools" },
    ];
    expect(forms.map((thinking) => hub({ thinking }).thinking)).toEqual([...forms.slice(0, 3), { type: "adaptive" }]);
  });

  test("is to be shown unless its display is omitted", () => {
    const shown = (thinking: object) => hub({ thinking }).showThinking;
    expect(shown({ type: "adaptive" })).toBe(true);
    expect(shown({ type: "adaptive", display: "summarized" })).toBe(true);
    expect(shown({ type: "adaptive", display: "omitted" })).toBe(false);
    expect(shown({ type: "disabled" })).toBe(false);
  });

  test("is as hard as the output's configuration says", () => {
    expect(hub({ output_config: { effort: "xhigh" } }).effort).toBe("xhigh");
  });
});

test("a schema for the answer is read in its place of today and in the older one", () => {
  const format = { type: "json_schema", schema: { type: "object" } };
  expect(hub({ output_config: { format } }).format).toEqual(format);
  expect(hub({ output_format: format }).format).toEqual(format);
});

test("a breakpoint for the whole request stands on its last block", () => {
  const cache_control = { type: "ephemeral", ttl: "1h" };
  expect(hub({ cache_control }).messages).toEqual([
    { role: "user", content: [{ type: "text", text: "Hello", cache_control }] },
  ]);
  expect(hub({ cache_control: { type: "forever" } }).messages[0]?.content[0]).not.toHaveProperty("cache_control");
});
