/** What is preset for each service, by what it makes of a request. */
import { describe, expect, test } from "vitest";
import type { HubRequest, Json } from "../../src/protocols/translate/hub.ts";
import type { Quirks } from "../../src/protocols/translate/quirks.ts";
import { quirksOf, spokenAt } from "../../src/providers/quirks.ts";
import { body, loop, READ, written } from "../protocols/translate/to-chat/written.ts";

const OPENAI = ["responses", "chat"] as const;

function quirksAt(baseUrl: string, model: string, said: Partial<Quirks> = {}): Quirks {
  return quirksOf({ baseUrl, quirks: said, gaps: new Map() }, model);
}

/** What the service at `baseUrl` is sent. */
function sentTo(baseUrl: string, model: string, fields: Partial<HubRequest> = {}): Json {
  return body(fields, quirksAt(baseUrl, model), model);
}

const THINKS = { thinking: { type: "adaptive" }, effort: "medium" } as const;
const SILENT = { thinking: { type: "disabled" } } as const;
const FORCED = { tools: [READ], toolChoice: { type: "any" } } as const;
const forced = (fields: Partial<HubRequest> = {}): Partial<HubRequest> => ({
  tools: [...FORCED.tools],
  toolChoice: FORCED.toolChoice,
  ...fields,
});
const THOUGHT = { type: "thinking", thinking: "Hm.", signature: "s" } as const;
const history = loop().map((message) =>
  message.role === "assistant" ? { ...message, content: [THOUGHT, ...message.content] } : message,
);

describe("the formats that a service is known to speak", () => {
  test.each([
    ["https://api.deepseek.com", ["chat"]],
    ["https://api.z.ai/api/coding/paas/v4", ["chat"]],
    ["https://api.moonshot.cn/v1", ["chat"]],
    ["https://dashscope-intl.aliyuncs.com/compatible-mode/v1", ["chat"]],
    ["https://coding.dashscope.aliyuncs.com/v1", ["chat"]],
    ["https://api.minimaxi.com/v1", ["chat"]],
    ["https://api.mistral.ai/v1", ["chat"]],
    ["https://api.cerebras.ai/v1", ["chat"]],
    ["https://openrouter.ai/api/v1", ["chat", "responses"]],
    ["http://localhost:11434/v1", ["chat", "responses"]],
    ["http://127.0.0.1:1234/v1", ["chat", "responses"]],
    ["https://api.openai.com/v1", ["responses", "chat"]],
    ["https://relay.example/v1", ["responses", "chat"]],
    ["https://api.deepseek.com.evil.example/v1", ["responses", "chat"]],
    ["no url", ["responses", "chat"]],
  ])("at %s are %j", (baseUrl, protocols) => {
    expect(spokenAt(baseUrl, OPENAI)).toEqual(protocols);
  });

  test("are never others than its kind of account has", () => {
    expect(spokenAt("https://api.deepseek.com/anthropic", ["anthropic"])).toEqual(["anthropic"]);
  });
});

describe("OpenAI", () => {
  const at = "https://api.openai.com/v1";

  test("is told who asks, in which session, how verbosely; and instructs models that reason as a developer", () => {
    const fields = {
      user: "u",
      session: "s",
      verbosity: "low",
      system: [{ type: "text" as const, text: "Hi" }],
    } as const;
    const sent = sentTo(at, "gpt-5.5", { ...fields, system: [...fields.system] });
    expect(sent).toMatchObject({ prompt_cache_key: "s", verbosity: "low", messages: [{ role: "developer" }, {}] });
    expect(sent.safety_identifier).toMatch(/^[0-9a-f]{32}$/);
    expect(sentTo(at, "gpt-4.1", { system: [...fields.system] })).toMatchObject({ messages: [{ role: "system" }, {}] });
  });
});

describe("DeepSeek", () => {
  const at = "https://api.deepseek.com";

  test("has a switch for thinking and a word for its effort", () => {
    expect(sentTo(at, "deepseek-v4-pro", THINKS)).toMatchObject({
      thinking: { type: "enabled" },
      reasoning_effort: "medium",
    });
    const off = sentTo(at, "deepseek-v4-pro", SILENT);
    expect(off.thinking).toEqual({ type: "disabled" });
    expect(off).not.toHaveProperty("reasoning_effort");
    expect(sentTo(at, "deepseek-v4-pro")).not.toHaveProperty("thinking");
  });

  // experiential#890, pi#3835
  test("gets its thinking back on every message of the assistant, where there are tools", () => {
    const sent = sentTo(at, "deepseek-v4-pro", { messages: history, tools: [READ] });
    expect(sent.messages).toMatchObject([{}, { reasoning_content: "Hm." }, {}]);
    const bare = sentTo(at, "deepseek-v4-pro", { messages: loop(), tools: [READ] });
    expect(bare.messages).toMatchObject([{}, { reasoning_content: "" }, {}]);
    // Whoever runs the model, where nothing else is known of them.
    const elsewhere = sentTo("https://relay.example/v1", "deepseek-ai/deepseek-v4-flash", {
      messages: loop(),
      tools: [READ],
    });
    expect(elsewhere.messages).toMatchObject([{}, { reasoning_content: "" }, {}]);
  });

  // litellm#37470: it refuses a forced tool while it thinks.
  test("does not think where a tool is forced", () => {
    expect(sentTo(at, "deepseek-v4-pro", forced())).toMatchObject({
      tool_choice: "required",
      thinking: { type: "disabled" },
    });
    expect(written(forced(THINKS), quirksAt(at, "deepseek-v4-pro")).dropped).toEqual(["output_config.effort"]);
  });

  test("has JSON, but no schema for it", () => {
    const format = { type: "json_schema", schema: { type: "object" } } as const;
    expect(sentTo(at, "deepseek-v4-pro", { format })).toMatchObject({ response_format: { type: "json_object" } });
  });
});

describe("GLM", () => {
  const at = "https://api.z.ai/api/paas/v4";

  test("streams arguments only when asked, refuses a forced tool, and knows no strict one", () => {
    const strict = { ...READ, strict: true, input_schema: { ...READ.input_schema, additionalProperties: false } };
    const { body: sent, dropped } = written(
      { tools: [strict], toolChoice: { type: "any" }, stream: true },
      quirksAt(at, "glm-4.7"),
    );
    expect(sent).toMatchObject({ tool_stream: true, tool_choice: "auto" });
    expect(JSON.stringify(sent.tools)).not.toContain('"strict"');
    expect(dropped.sort()).toEqual(["tool_choice", "tools.strict"]);
  });

  test("has a switch for thinking, later models an effort too, and the last no switch any more", () => {
    expect(sentTo(at, "glm-4.7", THINKS)).toMatchObject({ thinking: { type: "enabled" } });
    expect(sentTo(at, "glm-4.7", THINKS)).not.toHaveProperty("reasoning_effort");
    expect(sentTo(at, "glm-5.2", THINKS)).toMatchObject({ thinking: { type: "enabled" }, reasoning_effort: "medium" });
    // Told not to think it would think at its most.
    const last = sentTo(at, "glm-5.3", SILENT);
    expect(last).toMatchObject({ reasoning_effort: "low" });
    expect(last).not.toHaveProperty("thinking");
  });

  test("gets its thinking back between calls", () => {
    expect(sentTo(at, "glm-5", { messages: history }).messages).toMatchObject([{}, { reasoning_content: "Hm." }, {}]);
  });
});

describe("Kimi", () => {
  const at = "https://api.moonshot.ai/v1";

  test("samples as it wants, and gets its thinking back", () => {
    const { body: sent, dropped } = written(
      { temperature: 0.2, topP: 0.9, maxTokens: 100, messages: history },
      quirksAt(at, "kimi-k2.6"),
    );
    expect(sent).not.toHaveProperty("temperature");
    expect(sent).toMatchObject({ max_completion_tokens: 100, messages: [{}, { reasoning_content: "Hm." }, {}] });
    expect(dropped).toEqual(["temperature", "top_p"]);
    expect(sentTo(at, "moonshot-v1-128k", { temperature: 0.2 })).toMatchObject({ temperature: 0.2 });
  });

  // oh-my-pi#1077
  test("does not think where a tool is forced; a model that always thinks is not forced", () => {
    expect(sentTo(at, "kimi-k2.6", forced())).toMatchObject({
      tool_choice: "required",
      thinking: { type: "disabled" },
    });
    const always = written(forced(), quirksAt(at, "kimi-k3"), "kimi-k3");
    expect(always.body).not.toHaveProperty("tool_choice");
    expect(always.dropped).toEqual(["tool_choice"]);
  });

  test("has an effort from its third model on", () => {
    expect(sentTo(at, "kimi-k3", { effort: "max" })).toMatchObject({ reasoning_effort: "max" });
    expect(sentTo(at, "kimi-k3", SILENT)).toMatchObject({ reasoning_effort: "low" });
    expect(sentTo(at, "kimi-k2.6", SILENT)).toMatchObject({ thinking: { type: "disabled" } });
  });
});

test("Qwen has a switch of its own, a budget, and no forced tool while it thinks", () => {
  const at = "https://dashscope.aliyuncs.com/compatible-mode/v1";
  expect(sentTo(at, "qwen3.7-plus", { thinking: { type: "enabled", budget_tokens: 2000 }, topK: 20 })).toMatchObject({
    ...{ enable_thinking: true, thinking_budget: 2000, top_k: 20 },
  });
  expect(sentTo(at, "qwen3.7-plus", SILENT)).toMatchObject({ enable_thinking: false });
  expect(sentTo(at, "qwen3.7-plus", forced())).toMatchObject({ enable_thinking: false, tool_choice: "required" });
});

test("MiniMax keeps thinking out of the text when asked, and gets it back as its own details", () => {
  const at = "https://api.minimax.io/v1";
  expect(sentTo(at, "MiniMax-M3", { ...THINKS, maxTokens: 9, messages: history })).toMatchObject({
    reasoning_split: true,
    max_completion_tokens: 9,
    messages: [{}, { reasoning_details: [{ type: "reasoning.text", text: "Hm." }] }, {}],
  });
  expect(sentTo(at, "MiniMax-M3", SILENT)).toMatchObject({ thinking: { type: "disabled" } });
  expect(sentTo(at, "MiniMax-M2.7", SILENT)).not.toHaveProperty("thinking");
});

describe("OpenRouter", () => {
  const at = "https://openrouter.ai/api/v1";

  test("has an object for thinking, by effort or by budget", () => {
    expect(sentTo(at, "anthropic/claude-opus-5", THINKS).reasoning).toEqual({ effort: "medium" });
    expect(sentTo(at, "anthropic/claude-opus-5", SILENT).reasoning).toEqual({ enabled: false });
    const budget = { thinking: { type: "enabled", budget_tokens: 3000 } } as const;
    expect(sentTo(at, "anthropic/claude-opus-5", budget).reasoning).toEqual({ max_tokens: 3000 });
  });

  test("keeps the marks of a cache, searches the web, and is told who asks", () => {
    const system = [{ type: "text" as const, text: "Long", cache_control: { type: "ephemeral" as const } }];
    expect(sentTo(at, "anthropic/claude-opus-5", { system, tools: [{ type: "web_search" }], user: "u" })).toMatchObject(
      {
        messages: [{ role: "system", content: [{ cache_control: { type: "ephemeral" } }] }, {}],
        tools: [{ type: "openrouter:web_search" }],
        user: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
    );
  });

  // CLIProxyAPI#3587
  test("gets DeepSeek's thinking back under DeepSeek's name", () => {
    const sent = sentTo(at, "deepseek/deepseek-v4-pro", { messages: history, tools: [READ] });
    expect(sent.messages).toMatchObject([{}, { reasoning_content: "Hm." }, {}]);
  });
});

test("Groq and Cerebras get no thinking back, which they refuse", () => {
  for (const [at, model] of [
    ["https://api.groq.com/openai/v1", "openai/gpt-oss-120b"],
    ["https://api.cerebras.ai/v1", "zai-glm-4.7"],
  ]) {
    const sent = sentTo(at ?? "", model ?? "", { messages: history, maxTokens: 9 });
    expect(JSON.stringify(sent.messages)).not.toContain("reasoning");
    expect(sent).toMatchObject({ max_completion_tokens: 9 });
  }
  expect(sentTo("https://api.groq.com/openai/v1", "openai/gpt-oss-120b", { effort: "max" })).toMatchObject({
    reasoning_effort: "high",
  });
  // Qwen there takes `none`, and else its own default; its thinking would stand in the text.
  const qwen = sentTo("https://api.groq.com/openai/v1", "qwen/qwen3-32b", THINKS);
  expect(qwen).not.toHaveProperty("reasoning_effort");
  expect(qwen).toMatchObject({ reasoning_format: "parsed" });
});

// litellm#17761, crush#1590, anon-kode#53
test("Mistral wants short ids, no message of the user behind a tool's, and no word on usage", () => {
  const list = loop();
  list.at(-1)?.content.push({ type: "text", text: "Go on" });
  const sent = sentTo("https://api.mistral.ai/v1", "devstral-latest", { messages: list, stream: true, maxTokens: 9 });
  expect(sent.messages).toMatchObject([
    {},
    { tool_calls: [{ id: expect.stringMatching(/^[A-Za-z0-9]{9}$/) }] },
    { role: "tool", content: "hi\n\nGo on" },
  ]);
  expect(sent).not.toHaveProperty("stream_options");
  expect(sent).toMatchObject({ max_tokens: 9 });
  const small = sentTo("https://api.mistral.ai/v1", "mistral-small-latest", { ...THINKS, messages: history });
  expect(small).toMatchObject({ reasoning_effort: "high", messages: [{}, { content: [{ type: "thinking" }] }, {}] });
});

test("Ollama takes four efforts and leaves the choice of a tool to the model", () => {
  const sent = written(forced({ effort: "xhigh" }), quirksAt("http://localhost:11434/v1", "qwen3.5"), "qwen3.5");
  expect(sent.body).toMatchObject({ reasoning_effort: "high", tool_choice: "auto" });
  expect(sent.dropped).toEqual(["tool_choice"]);
});

// lmstudio-bug-tracker#670, #189
test("LM Studio forces a tool by a word, and has JSON by a schema alone", () => {
  const at = "http://localhost:1234/v1";
  const fields = { tools: [READ, { ...READ, name: "Other" }], toolChoice: { type: "tool", name: "Read" } as const };
  expect(sentTo(at, "qwen", fields)).toMatchObject({
    tools: [{ function: { name: "Read" } }],
    tool_choice: "required",
  });
  expect(sentTo(at, "qwen", { format: { type: "json" } })).toMatchObject({ response_format: { type: "json_schema" } });
});

describe("what is said of one account", () => {
  test("by its operator goes before what is preset", () => {
    const quirks = quirksAt("https://api.deepseek.com", "deepseek-v4-pro", { reasoningHistory: null, topK: true });
    expect(quirks).toMatchObject({ reasoningHistory: null, topK: true, thinkingControl: "thinking" });
  });

  test("by its upstream is left out for that model, besides what is preset", () => {
    const gaps = new Map([["kimi-k2.6", ["stop"]]]);
    const known = { baseUrl: "https://api.moonshot.ai/v1", quirks: {}, gaps };
    expect(quirksOf(known, "kimi-k2.6").without).toEqual(["temperature", "top_p", "strict", "stop"]);
    expect(quirksOf(known, "kimi-k2.5").without).not.toContain("stop");
  });
});
