import { describe, expect, test } from "vitest";
import { memberRefused, messagesOf, read, refusalOf } from "./asked.ts";

describe("the members of a request", () => {
  test("are those of the hub by other names", () => {
    const { hub, dropped } = read(
      {
        ...{ max_output_tokens: 99, temperature: 0.5, top_p: 0.9, parallel_tool_calls: false },
        ...{ reasoning: { effort: "low", summary: "auto" }, safety_identifier: "who", user: "older" },
        text: { verbosity: "low", format: { type: "json_schema", name: "n", schema: { a: 1 }, strict: true } },
      },
      { session: "s1", stream: true },
    );
    expect(hub).toMatchObject({
      ...{ model: "asked", maxTokens: 99, temperature: 0.5, topP: 0.9, disableParallelToolUse: true },
      ...{ thinking: { type: "adaptive" }, effort: "low", showThinking: true, verbosity: "low" },
      format: { type: "json_schema", name: "n", schema: { a: 1 }, strict: true },
      ...{ user: "who", session: "s1", stream: true, topK: null, stopSequences: [] },
    });
    expect(dropped).toEqual([]);
  });

  test.each([
    [undefined, { thinking: null, effort: null, showThinking: false }],
    [{ effort: "none" }, { thinking: { type: "disabled" }, effort: "none", showThinking: false }],
    [{ effort: "xhigh" }, { thinking: { type: "adaptive" }, effort: "xhigh", showThinking: false }],
    [{ summary: "auto" }, { thinking: { type: "adaptive" }, effort: null, showThinking: true }],
    [
      { effort: null, summary: null, context: "all_turns" },
      { thinking: null, effort: null, showThinking: false },
    ],
  ])("the reasoning %j is thinking", (reasoning, expected) => {
    expect(read({ reasoning }).hub).toMatchObject(expected);
  });

  test("an item of the input may change them on the way, and the last one says it", () => {
    const change = (effort: string) => ({ type: "configuration_update", reasoning: { effort } });
    const input = [{ role: "user", content: "a" }, change("high"), { role: "user", content: "b" }, change("low")];
    expect(read({ input, reasoning: { effort: "max", summary: "auto" } }).hub).toMatchObject({
      ...{ effort: "low", showThinking: true },
      messages: [{ role: "user", content: [{ text: "a" }, { text: "b" }] }],
    });
  });

  test("are repeated by no name where they ask for nothing, and named where they do", () => {
    const nothing = { service_tier: "auto", truncation: "disabled", top_logprobs: 0, context_management: [], x: null };
    const ours = { store: true, metadata: { a: "b" }, client_metadata: {}, prompt_cache_key: "k", include: [] };
    expect(read({ ...nothing, ...ours }).dropped).toEqual([]);
    const asking = { service_tier: "flex", truncation: "auto", context_management: [{ type: "compaction" }], x: 1 };
    expect(read({ ...asking, include: ["message.output_text.logprobs"] }).dropped).toEqual([
      ...["service_tier", "truncation", "context_management", "x", "include[message.output_text.logprobs]"],
    ]);
  });

  test.each([
    ["previous_response_id", { previous_response_id: "resp_1" }],
    ["conversation", { conversation: { id: "conv_1" } }],
    ["prompt", { prompt: { id: "pmpt_1" } }],
    ["background", { background: true }],
    ["max_output_tokens", { max_output_tokens: "9" }],
    ["max_tool_calls", { max_tool_calls: -1 }],
    ["temperature", { temperature: "hot" }],
    ["reasoning", { reasoning: "high" }],
    ["reasoning.effort", { reasoning: { effort: "ultra" } }],
    ["text.format", { text: { format: { type: "grammar" } } }],
    ["text.verbosity", { text: { verbosity: "some" } }],
    ["instructions", { instructions: ["a"] }],
    ["input", { input: null }],
    ["input.0", { input: [null] }],
    ["input.0", { input: [{ type: "item_reference", id: "msg_1" }] }],
    ["input.0", { input: [{ id: "msg_1" }] }],
    ["input.0", { input: [{ type: "compaction", encrypted_content: "gAAAAB" }] }],
    ["input.0", { input: [{ type: 7 }] }],
    ["input.0.role", { input: [{ role: "tool", content: "x" }] }],
    ["input.0.content", { input: [{ role: "user", content: 7 }] }],
    ["input.0.content.1", { input: [{ role: "user", content: [{ type: "input_text", text: "" }, { type: "odd" }] }] }],
    ["input.0.content.0", { input: [{ role: "user", content: [{ type: "input_image", file_id: "f" }] }] }],
    ["input.0.content.0", { input: [{ role: "user", content: [{ type: "input_file", file_id: "f" }] }] }],
    ["input.0.content.0.image_url", { input: [{ role: "user", content: [{ type: "input_image", image_url: "x" }] }] }],
    ["input.0.name", { input: [{ type: "function_call", call_id: "c", arguments: "{}" }] }],
    ["input.0.call_id", { input: [{ type: "function_call", name: "f", arguments: "{}" }] }],
    ["input.0.output", { input: [{ type: "function_call_output", call_id: "c", output: { content: "x" } }] }],
  ])("%s is refused by its name where it cannot be carried over", (member, body) => {
    expect(memberRefused(body)).toBe(member);
  });

  test("a refusal says in a client's words what to do", () => {
    expect(refusalOf({ previous_response_id: "resp_1" })).toMatchObject({
      detail: expect.stringContaining("send the whole conversation"),
    });
  });
});

describe("instructions", () => {
  test("and what a developer says at the beginning are the system's, later it stays where it is", () => {
    const { hub } = read({
      instructions: "one",
      input: [
        { type: "message", role: "developer", content: [{ type: "input_text", text: "two" }] },
        { role: "system", content: "three" },
        { role: "user", content: "hi" },
        { role: "developer", content: "now four" },
      ],
    });
    expect(hub.system.map(({ text }) => text)).toEqual(["one", "two", "three"]);
    expect(hub.messages).toEqual([
      { role: "user", content: [{ type: "text", text: "hi" }] },
      { role: "system", content: [{ type: "text", text: "now four" }] },
    ]);
  });

  test("alone are asked of the model", () => {
    expect(read({ instructions: "be", input: [{ role: "developer", content: "count" }] }).hub).toMatchObject({
      system: [{ text: "be" }],
      messages: [{ role: "user", content: [{ text: "count" }] }],
    });
  });
});

describe("content", () => {
  test("of pictures, documents and sound is carried, in the request or at an address", () => {
    const png = "data:image/png;base64,iVBORw0KGgo=";
    const content = [
      { type: "input_text", text: "look", prompt_cache_breakpoint: { mode: "explicit" } },
      { type: "input_image", image_url: png, detail: "high" },
      { type: "input_image", image_url: "https://example.com/a.png" },
      { type: "input_file", file_data: "data:application/pdf;base64,JVBERi0=", filename: "a.pdf" },
      { type: "input_file", file_data: "JVBERi0=", filename: "b.pdf" },
      { type: "input_file", file_data: "data:text/plain;base64,aGVsbG8=", filename: "c.txt" },
      { type: "input_file", file_url: "https://example.com/d.pdf" },
      { type: "input_audio", input_audio: { data: "UklGRg==", format: "wav" } },
    ];
    const pdf = { type: "base64", media_type: "application/pdf", data: "JVBERi0=" };
    expect(messagesOf([{ role: "user", content }])[0]?.content).toEqual([
      { type: "text", text: "look", cache_control: { type: "ephemeral" } },
      { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } },
      { type: "image", source: { type: "url", url: "https://example.com/a.png" } },
      { type: "document", source: pdf, title: "a.pdf" },
      { type: "document", source: pdf, title: "b.pdf" },
      { type: "document", source: { type: "text", media_type: "text/plain", data: "hello" }, title: "c.txt" },
      { type: "document", source: { type: "url", url: "https://example.com/d.pdf" } },
      { type: "audio", source: { type: "base64", media_type: "audio/wav", data: "UklGRg==" } },
    ]);
  });

  test("that is empty is nothing, and what a model has refused is text", () => {
    const parts = [
      { type: "output_text", text: "" },
      { type: "refusal", refusal: "No." },
    ];
    expect(
      messagesOf([
        { role: "user", content: "" },
        { role: "assistant", content: parts },
      ]),
    ).toEqual([{ role: "assistant", content: [{ type: "text", text: "No." }] }]);
  });
});
