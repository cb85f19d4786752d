import { describe, expect, test } from "vitest";
import { eventsOf } from "../../../../src/protocols/translate/compose.ts";
import { NOT_SIGNED } from "../../../../src/protocols/translate/from-messages/answer-blocks.ts";
import type { HubAnswer, HubAnswerBlock, HubEvent, Json } from "../../../../src/protocols/translate/hub.ts";
import { NO_USAGE } from "../../../../src/vocabulary.ts";
import { read } from "./asked.ts";

const THINKS = { thinking: { type: "adaptive" } };
const USAGE = { ...NO_USAGE, input: 10, cacheRead: 5, cacheWrite5m: 3, cacheWrite1h: 2, output: 7 };
const WRITTEN_USAGE = {
  ...{ input_tokens: 10, cache_creation_input_tokens: 5, cache_read_input_tokens: 5, output_tokens: 7 },
  cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 2 },
};

const ANSWER: HubAnswer = {
  id: "chatcmpl-1",
  content: [
    { type: "thinking", thinking: "Hm.", signature: "s" },
    { type: "text", text: "Look." },
    { type: "tool_use", id: "call.1", name: "Read", input: { path: "a" } },
  ],
  stopReason: "tool_use",
  stopSequence: null,
  usage: USAGE,
};

const CALL_ID = expect.stringMatching(/^call_1_[0-9a-f]{16}$/);

const writing = (body = {}) => read(body).answer;

/** The events of a written stream, each with its name. */
function told(text: string): { event: string; data: Record<string, unknown> }[] {
  return text
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => {
      const [name = "", data = ""] = event.split("\n");
      return { event: name.replace("event: ", ""), data: JSON.parse(data.replace("data: ", "")) };
    });
}

function streamed(events: HubEvent[], body = {}) {
  const stream = writing(body).stream();
  return told(events.map((event) => stream.write(event)).join("")).map(({ data }) => data);
}

describe("a whole answer to a Messages client", () => {
  // ogx#6415, praxis#387, bifrost#3451: what was cached is counted once
  test("has the model that was asked for, ids of the API's characters, and all counts", () => {
    expect(writing(THINKS).whole(ANSWER)).toEqual({
      ...{ id: "msg_chatcmpl-1", type: "message", role: "assistant", model: "asked" },
      content: [ANSWER.content[0], ANSWER.content[1], { ...ANSWER.content[2], id: CALL_ID }],
      ...{ stop_reason: "tool_use", stop_sequence: null, usage: WRITTEN_USAGE },
    });
    expect(writing().whole({ ...ANSWER, id: "msg_01" }).id).toBe("msg_01");
    expect(writing().whole({ ...ANSWER, id: "" }).id).toBe("msg_req_1");
  });

  test("has no thinking for a client that has not asked for any", () => {
    for (const body of [{}, { thinking: { type: "disabled" } }]) {
      const { content } = writing(body).whole(ANSWER) as { content: { type: string }[] };
      expect(content.map(({ type }) => type)).toEqual(["text", "tool_use"]);
    }
  });

  test("has what was signed before a call all the same, which its provider wants back with the result", () => {
    const [thinking, text, call] = ANSWER.content;
    const unsigned = { type: "thinking", thinking: "Hm.", signature: "" } as const;
    const redacted = { type: "redacted_thinking", data: "d" } as const;
    const content = [thinking, unsigned, redacted, call, thinking, text].flatMap((block) => (block ? [block] : []));
    const { content: shown } = writing().whole({ ...ANSWER, content });
    expect(shown).toEqual([{ ...thinking, thinking: "" }, redacted, { ...call, id: CALL_ID }, text]);
    const kept = streamed(eventsOf({ ...ANSWER, content })).flatMap(({ content_block }) => content_block ?? []);
    expect(kept.map((block) => Object(block).type)).toEqual(["thinking", "redacted_thinking", "tool_use", "text"]);
  });

  test("says of thinking that nobody has signed that it is so, and reads it back as unsigned", () => {
    const thinking = { type: "thinking", thinking: "Hm.", signature: "" } as const;
    const { content } = writing(THINKS).whole({ ...ANSWER, content: [thinking] }) as { content: Json[] };
    expect(content).toEqual([{ ...thinking, signature: NOT_SIGNED }]);
    const delta = streamed(eventsOf({ ...ANSWER, content: [thinking] }), THINKS)[3];
    expect(delta).toMatchObject({ delta: { type: "signature_delta", signature: NOT_SIGNED } });
    const { messages } = read({
      messages: [
        { role: "user", content: "Hi" },
        { role: "assistant", content },
      ],
    }).hub;
    expect(messages[1]?.content).toEqual([thinking]);
  });

  // CLIProxyAPI#1700
  test("has an estimate of its input where the upstream has told none", () => {
    expect(writing().whole({ ...ANSWER, usage: NO_USAGE }).usage).toMatchObject({
      input_tokens: 100,
      output_tokens: 0,
    });
  });

  test("tells of reasoning and searches in their places", () => {
    const usage = { ...USAGE, reasoning: 4, webSearches: 2 };
    expect(writing().whole({ ...ANSWER, usage }).usage).toEqual({
      ...WRITTEN_USAGE,
      output_tokens_details: { thinking_tokens: 4 },
      server_tool_use: { web_search_requests: 2, web_fetch_requests: 0 },
    });
  });
});

describe("a stream to a Messages client", () => {
  test("is the API's own, event for event", () => {
    const stream = writing(THINKS).stream();
    const text = eventsOf(ANSWER)
      .map((event) => stream.write(event))
      .join("");
    const delta = (index: number, delta: object) => ({
      event: "content_block_delta",
      data: { type: "content_block_delta", index, delta },
    });
    const start = (index: number, content_block: object) => ({
      event: "content_block_start",
      data: { type: "content_block_start", index, content_block },
    });
    const stop = (index: number) => ({ event: "content_block_stop", data: { type: "content_block_stop", index } });
    const message = {
      ...{ id: "msg_chatcmpl-1", type: "message", role: "assistant", model: "asked", content: [] },
      ...{ stop_reason: null, stop_sequence: null, usage: WRITTEN_USAGE },
    };
    const last = {
      type: "message_delta",
      delta: { stop_reason: "tool_use", stop_sequence: null },
      usage: WRITTEN_USAGE,
    };
    expect(told(text)).toEqual([
      { event: "message_start", data: { type: "message_start", message } },
      ...[start(0, { type: "thinking", thinking: "", signature: "" })],
      ...[delta(0, { type: "thinking_delta", thinking: "Hm." })],
      ...[delta(0, { type: "signature_delta", signature: "s" }), stop(0)],
      ...[start(1, { type: "text", text: "" }), delta(1, { type: "text_delta", text: "Look." }), stop(1)],
      ...[start(2, { type: "tool_use", id: CALL_ID, name: "Read", input: {} })],
      ...[delta(2, { type: "input_json_delta", partial_json: '{"path":"a"}' }), stop(2)],
      { event: "message_delta", data: last },
      { event: "message_stop", data: { type: "message_stop" } },
    ]);
  });

  // claude-code#40260, #46932, free-claude-code#121, #209
  test("begins with all counts, the input estimated while the upstream has told none", () => {
    const [start] = streamed([{ type: "start", id: "x", usage: null }]);
    expect(start).toMatchObject({
      message: {
        usage: {
          ...{ input_tokens: 100, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
          cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
        },
      },
    });
  });

  // new-api#5482, litellm#13373, 9router#2248
  test("counts its blocks without a gap where thinking is left out", () => {
    const indices = streamed(eventsOf(ANSWER)).flatMap(({ index }) => (typeof index === "number" ? [index] : []));
    expect([...new Set(indices)]).toEqual([0, 1]);
  });

  // cc-switch#2556
  test("opens a call with no arguments, and says none that are empty", () => {
    const tool = { type: "tool_use", id: "", name: "a", input: {} } as const;
    const events = streamed([{ type: "open", block: tool }, { type: "delta", text: "" }, { type: "close" }]);
    expect(events.map(({ type }) => type)).toEqual(["content_block_start", "content_block_stop"]);
    expect(events[0]?.content_block).toEqual({ ...tool, id: "toolu_req_1_0" });
  });

  test("tells a search's query in a delta, as clients gather it, and what was found whole", () => {
    const found: HubAnswerBlock = { type: "web_search_tool_result", tool_use_id: "ws.1", content: [] };
    const search = { type: "server_tool_use", id: "ws.1", name: "web_search", input: { query: "q" } } as const;
    const events = streamed([{ type: "open", block: search }, { type: "close" }, { type: "open", block: found }]);
    const id = expect.stringMatching(/^srvtoolu_ws_1_[0-9a-f]{16}$/);
    expect(events[0]?.content_block).toEqual({ ...search, id, input: {} });
    expect(events[1]?.delta).toEqual({ type: "input_json_delta", partial_json: '{"query":"q"}' });
    expect(events[3]?.content_block).toEqual({ ...found, tool_use_id: id });
    expect(Object(events[3]?.content_block).tool_use_id).toBe(Object(events[0]?.content_block).id);
  });

  test("tells citations as they are", () => {
    const citation = { type: "web_search_result_location", url: "https://a.example" };
    const events = streamed([
      { type: "open", block: { type: "text", text: "" } },
      { type: "citation", citation },
    ]);
    expect(events[1]?.delta).toEqual({ type: "citations_delta", citation });
  });

  // cc-switch#7044; and no end of a turn for what broke off: wally#84, billion-context#239, litellm#32159
  test("closes its block before an error, and says no end", () => {
    const open: HubEvent = { type: "open", block: { type: "text", text: "" } };
    const error = { status: 529, category: "overloaded", message: "Overloaded" } as const;
    const events = streamed([open, { type: "error", error }]);
    expect(events.map(({ type }) => type)).toEqual(["content_block_start", "content_block_stop", "error"]);
    expect(events[2]).toMatchObject({ error: { type: "overloaded_error", message: "Overloaded" } });
    const stream = writing().stream();
    stream.write(open);
    expect(told(stream.broken("It broke off.")).map(({ event }) => event)).toEqual(["content_block_stop", "error"]);
    expect(told(writing().stream().broken("It broke off.")).map(({ event }) => event)).toEqual(["error"]);
  });

  // litellm#37322
  test("has pings, before there is anything else to say", () => {
    expect(writing().stream().ping()).toBe('event: ping\ndata: {"type":"ping"}\n\n');
  });
});
