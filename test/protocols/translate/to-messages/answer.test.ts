import { describe, expect, test } from "vitest";
import { streamMeter } from "../../../../src/protocols/anthropic/usage.ts";
import { collected } from "../../../../src/protocols/translate/collect.ts";
import { NOT_SIGNED } from "../../../../src/protocols/translate/from-messages/answer-blocks.ts";
import type { HubAnswerBlock, HubEvent, Json } from "../../../../src/protocols/translate/hub.ts";
import { NO_USAGE } from "../../../../src/vocabulary.ts";
import fc from "../../../fast-check.ts";
import { failingStreams, streams } from "../arbitraries.ts";
import { read as readRequest } from "../from-messages/asked.ts";
import { write } from "./writing.ts";

const reader = () => write({}).answer;

/** What is read of a stream of these events. */
function events(...said: Json[]): HubEvent[] {
  const stream = reader().stream();
  return [...said.flatMap((event) => stream.read(JSON.stringify(event))), ...stream.end()];
}

const START = { type: "message_start", message: { id: "msg_1", usage: { input_tokens: 3, output_tokens: 1 } } };
const STOP = { type: "message_stop" };
const told = (stop_reason: string | null, more: Json = {}) => ({
  ...{ type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 7 } },
  ...more,
});
const begin = (index: number, content_block: Json) => ({ type: "content_block_start", index, content_block });
const delta = (index: number, said: Json) => ({ type: "content_block_delta", index, delta: said });
const stop = (index: number) => ({ type: "content_block_stop", index });
const USAGE = { ...NO_USAGE, input: 3, output: 7 };
const END = { type: "end", stopReason: "end_turn", stopSequence: null, usage: USAGE };

describe("a stream of the Messages API", () => {
  test("is told block by block", () => {
    const said = events(
      ...[START, { type: "ping" }],
      ...[
        begin(0, { type: "thinking", thinking: "", signature: "" }),
        delta(0, { type: "thinking_delta", thinking: "Hm." }),
      ],
      ...[delta(0, { type: "signature_delta", signature: "s" }), stop(0)],
      ...[begin(1, { type: "text", text: "" }), delta(1, { type: "text_delta", text: "Look." })],
      ...[delta(1, { type: "citations_delta", citation: { type: "x" } }), stop(1)],
      ...[begin(2, { type: "tool_use", id: "toolu_1", name: "a", input: {} })],
      ...[
        delta(2, { type: "input_json_delta", partial_json: "" }),
        delta(2, { type: "input_json_delta", partial_json: "{}" }),
      ],
      ...[stop(2), told("tool_use"), STOP],
    );
    expect(said).toEqual([
      { type: "start", id: "msg_1", usage: { ...NO_USAGE, input: 3, output: 1 } },
      ...[
        { type: "open", block: { type: "thinking", thinking: "", signature: "" } },
        { type: "delta", text: "Hm." },
      ],
      ...[{ type: "signature", signature: "s" }, { type: "close" }],
      ...[
        { type: "open", block: { type: "text", text: "" } },
        { type: "delta", text: "Look." },
      ],
      ...[{ type: "citation", citation: { type: "x" } }, { type: "close" }],
      ...[{ type: "open", block: { type: "tool_use", id: "toolu_1", name: "a", input: {} } }],
      ...[{ type: "delta", text: "{}" }, { type: "close" }],
      { ...END, stopReason: "tool_use" },
    ]);
  });

  // litellm#32357
  test("begins once, whatever the upstream repeats", () => {
    const said = events(START, START, begin(0, { type: "text", text: "Hi" }), stop(0), START, told("end_turn"), STOP);
    expect(said.filter(({ type }) => type === "start")).toHaveLength(1);
  });

  test("has nothing of a text that stays empty, but thinking of which only the signature is shown", () => {
    const empty = [
      begin(0, { type: "text", text: "" }),
      stop(0),
      begin(1, { type: "thinking", thinking: "" }),
      stop(1),
    ];
    const signed = [
      ...[begin(2, { type: "thinking", thinking: "", signature: "" })],
      ...[delta(2, { type: "signature_delta", signature: "s" }), stop(2)],
    ];
    expect(events(START, ...empty, ...signed, told("end_turn"), STOP).slice(1)).toEqual([
      { type: "open", block: { type: "thinking", thinking: "", signature: "" } },
      ...[{ type: "signature", signature: "s" }, { type: "close" }, END],
    ]);
  });

  test("has what Anthropic ran whole, and nothing of what the hub has no word for", () => {
    const search = begin(0, { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} });
    const hit = { type: "web_search_result", url: "https://a.example", title: "A", encrypted_content: "e" };
    const found = { type: "web_search_tool_result", tool_use_id: "srvtoolu_1", content: [hit] };
    const other = begin(2, { type: "server_tool_use", id: "srvtoolu_2", name: "web_fetch", input: {} });
    const input = (index: number) => delta(index, { type: "input_json_delta", partial_json: '{"query":"q"}' });
    const smell = [begin(3, { type: "smell" }), delta(3, { type: "smell_delta", smell: "rose" }), stop(3)];
    const said = events(
      ...[START, search, input(0), stop(0), begin(1, found), stop(1), other, input(2), stop(2), ...smell],
      ...[told("pause_turn"), STOP],
    );
    expect(said.slice(1)).toEqual([
      { type: "open", block: { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "q" } } },
      ...[{ type: "close" }, { type: "open", block: found }, { type: "close" }, { ...END, stopReason: "pause_turn" }],
    ]);
  });

  test("may begin a block with what others say in its first delta", () => {
    const tool = begin(1, { type: "tool_use", id: "t", name: "a", input: { b: 1 } });
    const said = events(START, begin(0, { type: "text", text: "Hi" }), stop(0), tool, stop(1), told("tool_use"), STOP);
    expect(collected(said)).toMatchObject({ content: [{ text: "Hi" }, { input: { b: 1 } }] });
  });

  test("may lose its last frames once it has said why it stopped", () => {
    // sudocode#576
    expect(events(START, told("end_turn")).at(-1)).toEqual(END);
    expect(events(START, begin(0, { type: "text", text: "Hi" }), stop(0))).not.toContainEqual(END);
    expect(events(START, told(null))).toHaveLength(1);
  });

  test("ends with its error, and nothing is read behind an end", () => {
    const error = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } };
    expect(events(START, error, told("end_turn"), STOP).slice(1)).toEqual([
      { type: "error", error: { status: 529, category: "overloaded", message: "Overloaded" } },
    ]);
    expect(events(START, told("end_turn"), STOP, begin(0, { type: "text", text: "Hi" }), STOP)).toHaveLength(2);
  });

  test("is read past what is no event of the API's", () => {
    const stream = reader().stream();
    for (const data of [
      "",
      "[DONE]",
      "null",
      "[]",
      "{",
      '{"type":"message_delta"}',
      '{"type":"content_block_delta"}',
    ]) {
      expect(stream.read(data)).toEqual([]);
    }
    expect(stream.end()).toEqual([]);
  });

  test("has a reason to stop that the hub knows", () => {
    const reason = (stop_reason: string) => events(START, told(stop_reason), STOP).at(-1);
    expect(reason("model_context_window_exceeded")).toMatchObject({ stopReason: "model_context_window_exceeded" });
    expect(reason("refusal")).toMatchObject({ stopReason: "refusal" });
    expect(reason("compaction")).toMatchObject({ stopReason: "end_turn" });
    const call = [begin(0, { type: "tool_use", id: "t", name: "a", input: {} }), stop(0)];
    expect(events(START, ...call, told("end_turn"), STOP).at(-1)).toMatchObject({ stopReason: "tool_use" });
    expect(reason("tool_use")).toMatchObject({ stopReason: "end_turn" });
    const met = { delta: { stop_reason: "stop_sequence", stop_sequence: "END" } };
    expect(events(START, told(null, met), STOP).at(-1)).toMatchObject({ stopSequence: "END" });
  });
});

describe("what is written for a Messages client and read again", () => {
  const THINKING = { thinking: { type: "adaptive" } };
  const lines = (said: HubEvent[]) => {
    const stream = readRequest(THINKING).answer.stream();
    return said.map((event) => stream.write(event)).join("");
  };
  const datas = (text: string) =>
    text.split("\n").flatMap((line) => (line.startsWith("data: ") ? [line.slice(6)] : []));
  const readAll = (text: string) => {
    const stream = reader().stream();
    return [...datas(text).flatMap((data) => stream.read(data)), ...stream.end()];
  };

  /** What nobody has signed says so. */
  const marked = (block: HubAnswerBlock) => {
    if (block.type === "thinking") return { ...block, signature: block.signature || NOT_SIGNED };
    if (block.type !== "web_search_tool_result" || !Array.isArray(block.content)) return block;
    return { ...block, content: block.content.map((hit) => ({ ...hit, encrypted_content: NOT_SIGNED })) };
  };

  test("is the same answer, streamed and whole", () => {
    fc.assert(
      fc.property(streams({ search: true }), ({ answer, events: said }) => {
        const id = expect.stringContaining(answer.id);
        const content = answer.content.map(marked);
        expect(collected(readAll(lines(said)))).toEqual({ ...answer, id, content });
        expect(reader().whole(readRequest(THINKING).answer.whole(answer))).toEqual({ ...answer, id, content });
      }),
    );
  });

  test("is complete where the meter says so, wherever it is cut", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          streams().map(({ events: said }) => said),
          failingStreams(),
        ),
        fc.nat(),
        (said, at) => {
          const frames = lines(said).split(/(?<=\n\n)/);
          const cut = frames.slice(0, at % (frames.length + 1)).join("");
          const meter = streamMeter();
          meter.feed(new TextEncoder().encode(cut));
          const { complete } = meter.end();
          expect(readAll(cut).some(({ type }) => type === "end")).toBe(complete);
        },
      ),
    );
  });
});

describe("a whole answer of the Messages API", () => {
  test("that is an error is one", () => {
    const error = { type: "error", error: { type: "rate_limit_error", message: "Slow down" } };
    expect(reader().whole(error)).toEqual({ error: { status: 429, category: "rate_limit", message: "Slow down" } });
    expect(reader().whole({})).toMatchObject({ error: { status: 502 } });
  });

  test("has citations, and not what says nothing or the hub has no word for", () => {
    const cited = { type: "text", text: "x", citations: [{ type: "page_location" }] };
    const content = [cited, { type: "text", text: "", citations: null }, { type: "smell" }, 1, { type: "thinking" }];
    const answer = reader().whole({ id: "msg_1", content, stop_reason: "end_turn", usage: { input_tokens: 3 } });
    expect(answer).toMatchObject({ content: [cited], stopReason: "end_turn", usage: { input: 3 } });
  });
});
