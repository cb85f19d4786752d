import { describe, expect, test } from "vitest";
import { NO_QUIRKS } from "../../../../src/protocols/translate/quirks.ts";
import { TO_MESSAGES } from "../../../../src/protocols/translate/to-messages/half.ts";
import { UPSTREAM } from "../requests.ts";
import { body, HUB, OPUS_5_5, OTHER, SONNET_4_5, TOOL, text, user, write } from "./writing.ts";

const EPHEMERAL = { type: "ephemeral" };

describe("a request to the Messages API", () => {
  test("goes where the API is, with its version", () => {
    expect(write({}).endpoint).toEqual({
      ...{ path: "/v1/messages", search: "", headers: { "anthropic-version": "2023-06-01" } },
    });
  });

  test("says no more than it has to", () => {
    expect(body({})).toEqual({
      ...{ model: OPUS_5_5, max_tokens: 8_000 },
      messages: [{ role: "user", content: [{ type: "text", text: "Hello" }] }],
    });
  });

  test("has the instructions, the stop sequences that say something, and whose it is", () => {
    const { system, stop_sequences, metadata, stream } = body({
      ...{
        system: [
          { type: "text", text: "Be brief." },
          { type: "text", text: " " },
        ],
        stopSequences: ["END", " \n"],
      },
      ...{ user: "u", stream: true },
    });
    expect(system).toEqual([{ type: "text", text: "Be brief.", cache_control: EPHEMERAL }]);
    expect([stop_sequences, metadata, stream]).toEqual([["END"], { user_id: "u" }, true]);
    expect(write({ stopSequences: [" "] }).dropped).toEqual(["stop_sequences"]);
    expect(body({ stopSequences: [" "], user: "u".repeat(257) })).not.toHaveProperty("metadata");
  });

  test("has an output limit, the model's own where the client sets none, and never a higher one", () => {
    const limit = (maxTokens: number | null, model: string) => body({ maxTokens }, model).max_tokens;
    expect(limit(null, OPUS_5_5)).toBe(128_000);
    expect(limit(null, SONNET_4_5)).toBe(32_000);
    expect(limit(null, "claude-3-5-haiku-20241022")).toBe(8_192);
    expect(limit(null, OTHER)).toBe(32_000);
    expect(limit(200_000, OPUS_5_5)).toBe(128_000);
    expect(limit(200_000, OTHER)).toBe(200_000);
    expect(write({ maxTokens: 200_000 }).dropped).toEqual(["max_tokens"]);
  });

  test("is named what it leaves out for want of a word", () => {
    expect(write({ verbosity: "low", format: { type: "json" } }).dropped).toEqual([
      ...["output_config.format", "verbosity"],
    ]);
  });

  test("has not what the account's service is known to refuse", () => {
    const quirks = { ...NO_QUIRKS, without: ["stop_sequences", "output_config.effort", "tools.description", "seed"] };
    const tools = [{ ...TOOL, description: "Reads." }];
    const sent = write({ stopSequences: ["END"], effort: "high", tools }, OPUS_5_5, { quirks });
    expect(sent.body).not.toHaveProperty("stop_sequences");
    expect(sent.body).not.toHaveProperty("output_config");
    expect(sent.body.tools).toEqual([{ name: "a", input_schema: TOOL.input_schema, cache_control: EPHEMERAL }]);
    expect(sent.dropped).toEqual(["stop_sequences", "output_config.effort", "tools.description"]);
  });

  test("that is of nothing is refused", () => {
    const empty = TO_MESSAGES.write({ ...HUB, messages: [user(text(" "))] }, { ...UPSTREAM, model: OPUS_5_5 });
    expect(empty.ok).toBe(false);
  });
});

describe("an answer bound to a schema", () => {
  const schema = {
    ...{ type: "object", required: ["a"], minProperties: 1 },
    properties: {
      a: { type: "integer", minimum: 1 },
      b: { oneOf: [{ type: "string", maxLength: 3 }, { type: "null" }] },
    },
  };

  test("is bound to it as Anthropic has it: closed, without bounds", () => {
    expect(body({ format: { type: "json_schema", schema } }).output_config).toEqual({
      format: {
        type: "json_schema",
        schema: {
          ...{ type: "object", required: ["a"], additionalProperties: false },
          properties: { a: { type: "integer" }, b: { anyOf: [{ type: "string" }, { type: "null" }] } },
        },
      },
    });
  });

  test("is free with a model that is too old for it, and that is named", () => {
    const { body: sent, dropped } = write({ format: { type: "json_schema", schema } }, "claude-opus-4-1");
    expect([sent.output_config, dropped]).toEqual([undefined, ["output_config.format"]]);
  });

  test("may have a schema that nests as deep as it likes", () => {
    let deep: Record<string, unknown> = { type: "object", properties: {} };
    for (let depth = 0; depth < 5_000; depth++) deep = { type: "object", properties: { a: deep } };
    expect(body({ format: { type: "json_schema", schema: deep } }).output_config).toBeDefined();
  });
});

describe("tools", () => {
  test("have names that the API takes, the same each time, and are told by the client's own", () => {
    const name = `mcp__${"long".repeat(20)}.tool`;
    const hub = { tools: [{ ...TOOL, name }], toolChoice: { type: "tool", name } as const };
    const { body: sent, answer } = write(hub, SONNET_4_5);
    const [tool] = sent.tools as { name: string }[];
    expect(tool?.name).toMatch(/^[\w-]{64}$/);
    expect(sent.tool_choice).toEqual({ type: "tool", name: tool?.name });
    expect(body(hub, SONNET_4_5)).toEqual(sent);
    const content = [{ type: "tool_use", id: "toolu_1", name: tool?.name, input: {} }];
    expect(answer.whole({ id: "msg_1", content, stop_reason: "tool_use", usage: {} })).toMatchObject({
      content: [{ name }],
    });
  });

  test("are strict where the client's are, closed, and the model can", () => {
    const input_schema = { type: "object", properties: { a: { type: "string", minLength: 1 } } };
    const tools = [{ ...TOOL, input_schema, strict: true }];
    expect(body({ tools }).tools).toMatchObject([
      { strict: true, input_schema: { properties: { a: { type: "string" } }, additionalProperties: false } },
    ]);
    expect(body({ tools }, "claude-opus-4-1").tools).toMatchObject([{ input_schema }]);
    expect(body({ tools: [{ ...TOOL, strict: false }] }).tools).not.toMatchObject([{ strict: false }]);
  });

  test("are searches that Anthropic runs, unless the client has a tool of that name", () => {
    const search = { type: "web_search", max_uses: 2, user_location: { city: "Paris" } } as const;
    expect(body({ tools: [search] }).tools).toEqual([
      {
        ...{ type: "web_search_20250305", name: "web_search", max_uses: 2, cache_control: EPHEMERAL },
        user_location: { type: "approximate", city: "Paris" },
      },
    ]);
    const { body: sent, dropped } = write({ tools: [search, { ...TOOL, name: "web_search" }] });
    expect([(sent.tools as unknown[]).length, dropped]).toEqual([1, ["tools[web_search]"]]);
  });

  // bifrost#7348
  test("are chosen as the client says, one at a time where it says that", () => {
    const choice = (hub: Parameters<typeof body>[0]) => body({ tools: [TOOL], ...hub }, SONNET_4_5).tool_choice;
    expect(choice({})).toBeUndefined();
    expect(choice({ toolChoice: { type: "any" } })).toEqual({ type: "any" });
    expect(choice({ toolChoice: { type: "none" }, disableParallelToolUse: true })).toEqual({ type: "none" });
    expect(choice({ disableParallelToolUse: true })).toEqual({ type: "auto", disable_parallel_tool_use: true });
    expect(choice({ tools: [], disableParallelToolUse: true })).toBeUndefined();
  });

  test("are the model's choice where it refuses to be forced, and that is named", () => {
    const { body: sent, dropped } = write({ tools: [TOOL], toolChoice: { type: "tool", name: "a" } }, OPUS_5_5);
    expect([sent.tool_choice, dropped]).toEqual([undefined, ["tool_choice"]]);
  });
});

describe("a count", () => {
  // 9router#2337, CLIProxyAPI#679: not the text alone
  test("asks the counter, with what it takes and nothing else", () => {
    const hub = { ...HUB, tools: [TOOL], effort: "high", temperature: 1, stream: true, user: "u" } as const;
    const written = TO_MESSAGES.count?.({ ...hub, tools: [TOOL] }, { ...UPSTREAM, model: OPUS_5_5 });
    if (!written?.ok) throw new Error("it is refused");
    expect(written.value.endpoint.path).toBe("/v1/messages/count_tokens");
    expect(Object.keys(written.value.body)).toEqual(["model", "tools", "thinking", "output_config", "messages"]);
    expect(written.value.tokensIn({ input_tokens: 7 })).toBe(7);
    expect(written.value.tokensIn({})).toBeNull();
  });
});
