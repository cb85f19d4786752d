/** What of a stream's beginning is output, in every wire format, and how long it is held. */
import { describe, expect, test } from "vitest";
import { type Protocol, WIRE } from "../../src/protocols/wire.ts";
import { PreludeReader } from "../../src/relay/prelude.ts";

const encoder = new TextEncoder();
const sse = (...events: (object | string)[]) =>
  events.map((event) => (typeof event === "string" ? event : `data: ${JSON.stringify(event)}\n\n`)).join("");

/** What a beginning shows, however it is cut. */
function shown(protocol: Protocol, text: string, isArray = false) {
  const kinds = [1, 7, text.length].map((step) => {
    const reader = new PreludeReader(WIRE[protocol], isArray);
    for (let at = 0; at < text.length; at += step) reader.feed(encoder.encode(text.slice(at, at + step)));
    const found = reader.feed(new Uint8Array()) ?? { kind: "undecided" };
    return found.kind === "error" ? `error ${found.status}` : found.kind;
  });
  expect(new Set(kinds).size).toBe(1);
  return kinds[0];
}

const messageStart = { type: "message_start", message: { id: "msg_1", content: [], usage: { input_tokens: 12 } } };
const block = (content_block: object) => ({ type: "content_block_start", index: 0, content_block });
const created = { type: "response.created", response: { id: "resp_1", status: "in_progress", output: [] } };
const item = (value: object) => ({ type: "response.output_item.added", output_index: 0, item: value });
const chunk = (delta: object, more: object = {}) => ({
  object: "chat.completion.chunk",
  choices: [{ index: 0, delta, finish_reason: null, ...more }],
});
const candidate = (parts: object[], more: object = {}) => ({
  candidates: [{ content: { parts, role: "model" }, ...more }],
});

/** What announces an answer and carries none of it. */
const PRELUDES: Record<Protocol, (object | string)[]> = {
  anthropic: [
    ": keep-alive\n\n",
    "id: 1\nevent: ping\n",
    { type: "ping" },
    messageStart,
    block({ type: "thinking", thinking: "", signature: "" }),
    block({ type: "text", text: "" }),
  ],
  chat: [
    ": OPENROUTER PROCESSING\n\n",
    { object: "", choices: [], prompt_filter_results: [{ prompt_index: 0 }] },
    chunk({ role: "assistant", content: "", refusal: null }),
    chunk({ role: "assistant", content: null, tool_calls: [] }),
  ],
  responses: [
    ": ping\n\n",
    created,
    { type: "response.in_progress", response: {} },
    { type: "keepalive", sequence_number: 3 },
    item({ type: "reasoning", id: "rs_1", summary: [] }),
    { type: "response.reasoning_summary_part.added", part: { type: "summary_text", text: "" } },
    item({ type: "message", id: "msg_1", content: [] }),
    { type: "response.content_part.added", part: { type: "output_text", text: "" } },
  ],
  gemini: [
    "\n",
    { usageMetadata: { promptTokenCount: 12 }, modelVersion: "gemini-3-pro" },
    candidate([{ text: "" }]),
    candidate([]),
  ],
};

const OUTPUTS: Record<Protocol, object[]> = {
  anthropic: [
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "a" } },
    { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "a" } },
    block({ type: "tool_use", id: "toolu_1", name: "Bash", input: {} }),
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 0 } },
    { type: "something_new" },
  ],
  chat: [
    chunk({ content: "a" }),
    chunk({ reasoning_content: "a" }),
    chunk({ role: "assistant", tool_calls: [{ index: 0, id: "call_1", function: { name: "f", arguments: "" } }] }),
    chunk({}, { finish_reason: "stop" }),
    { choices: [{ index: 0, text: "a" }] },
    { choices: [], usage: { prompt_tokens: 1 } },
    { type: "transcript.text.delta", delta: "a" },
  ],
  responses: [
    { type: "response.output_text.delta", delta: "a" },
    { type: "response.reasoning_summary_text.delta", delta: "a" },
    item({ type: "function_call", name: "shell", arguments: "" }),
    { type: "response.completed", response: { output: [] } },
    { type: "response.something_new" },
  ],
  gemini: [
    candidate([{ text: "a" }]),
    candidate([{ text: "a", thought: true }]),
    candidate([{ functionCall: { name: "f", args: {} } }]),
    candidate([], { finishReason: "STOP" }),
    { promptFeedback: { blockReason: "SAFETY" } },
  ],
};

const ERRORS: Record<Protocol, [object | string, number][]> = {
  anthropic: [[sse("event: error\n", { type: "error", error: { type: "overloaded_error", message: "no" } }), 529]],
  chat: [[{ error: { message: "no", type: "rate_limit_error", code: "rate_limit_exceeded" } }, 429]],
  responses: [
    [{ type: "error", code: "rate_limit_exceeded", message: "no" }, 429],
    [{ type: "response.failed", response: { status: "failed", error: { code: "server_error", message: "no" } } }, 500],
  ],
  gemini: [[{ error: { code: 503, message: "no", status: "UNAVAILABLE" } }, 503]],
};

describe.each(Object.keys(WIRE) as Protocol[])("%s", (protocol) => {
  const prelude = sse(...PRELUDES[protocol]);

  test("comments, pings, ids and announcements commit nobody", () => {
    expect(shown(protocol, prelude)).toBe("undecided");
    for (const event of PRELUDES[protocol]) expect(shown(protocol, sse(event))).toBe("undecided");
  });

  test.each(OUTPUTS[protocol].map((event) => [JSON.stringify(event), event] as const))("output: %s", (_, event) => {
    expect(shown(protocol, sse(event))).toBe("begun");
    expect(shown(protocol, prelude + sse(event))).toBe("begun");
  });

  test.each(ERRORS[protocol])("an error behind them is still an error: %j", (event, status) => {
    expect(shown(protocol, sse(event))).toBe(`error ${status}`);
    expect(shown(protocol, prelude + sse(event))).toBe(`error ${status}`);
  });

  test("an error behind output is the stream's own", () => {
    const [[error]] = ERRORS[protocol] as [[object | string, number]];
    expect(shown(protocol, prelude + sse(OUTPUTS[protocol][0] ?? {}, error))).toBe("begun");
  });
});

test("a JSON array is told by its elements", () => {
  const empty = JSON.stringify(candidate([{ text: "" }]));
  expect(shown("gemini", `[${empty}\n`, true)).toBe("undecided");
  expect(shown("gemini", `[${empty},\n${JSON.stringify(candidate([{ text: "a" }]))}`, true)).toBe("begun");
  expect(shown("gemini", `[${empty},\n{"error":{"code":429,"message":"no"}}\n]`, true)).toBe("error 429");
});

test("what is endless without an event is passed on", () => {
  const reader = new PreludeReader(WIRE.anthropic, false);
  expect(reader.feed(encoder.encode("x".repeat(1_000)))).toBeNull();
  expect(reader.feed(encoder.encode("x".repeat(1_000_000)))).toEqual({ kind: "begun" });
});
