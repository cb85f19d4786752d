import { describe, expect, test } from "vitest";
import { messagesViolations } from "./messages.ts";
import { at, findsEach, type Loose, named, repeated, swapped, without } from "./mutants.ts";

const USAGE = {
  ...{ input_tokens: 10, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 5 },
};
const MESSAGE = {
  ...{ id: "msg_1", type: "message", role: "assistant", model: "m", content: [] },
  ...{ stop_reason: null, stop_sequence: null, usage: USAGE },
};
const start = (index: number, content_block: Loose) => ({ type: "content_block_start", index, content_block });
const delta = (index: number, said: Loose) => ({ type: "content_block_delta", index, delta: said });
const stop = (index: number) => ({ type: "content_block_stop", index });
const DELTA = { type: "message_delta", delta: { stop_reason: "tool_use", stop_sequence: null }, usage: USAGE };

const VALID = [
  { type: "message_start", message: MESSAGE },
  { type: "ping" },
  start(0, { type: "thinking", thinking: "", signature: "" }),
  delta(0, { type: "thinking_delta", thinking: "Hm." }),
  delta(0, { type: "signature_delta", signature: "s" }),
  stop(0),
  start(1, { type: "text", text: "" }),
  delta(1, { type: "text_delta", text: "Look." }),
  delta(1, { type: "citations_delta", citation: { type: "page_location" } }),
  stop(1),
  start(2, { type: "tool_use", id: "toolu_1", name: "a", input: {} }),
  delta(2, { type: "input_json_delta", partial_json: '{"b":' }),
  delta(2, { type: "input_json_delta", partial_json: "1}" }),
  stop(2),
  DELTA,
  { type: "message_stop" },
];

const ERROR = { type: "error", error: { type: "api_error", message: "It broke off." } };

describe("the validator of Messages streams", () => {
  findsEach(VALID, named, messagesViolations, {
    "no start": (events) => without(events, 0),
    "two starts": (events) => repeated(events, 0),
    "a start without usage": (events) => {
      delete at(events, 0).message.usage;
    },
    "a start without a count": (events) => {
      delete at(events, 0).message.usage.cache_read_input_tokens;
    },
    "a start with content": (events) => {
      at(events, 0).message.content = [{ type: "text", text: "" }];
    },
    "an index left out": (events) => {
      for (const event of events) if (event.index === 2) event.index = 3;
    },
    "a block that begins with its text": (events) => {
      at(events, 6).content_block.text = "Look.";
    },
    "a block that begins with its arguments": (events) => {
      at(events, 10).content_block.input = { b: 1 };
    },
    "a call without an id": (events) => {
      delete at(events, 10).content_block.id;
    },
    "two blocks open at a time": (events) => without(events, 5),
    "a delta of a block that is not open": (events) => {
      at(events, 7).index = 0;
    },
    "a delta of another kind": (events) => {
      at(events, 7).delta = { type: "thinking_delta", thinking: "Hm." };
    },
    "a signature before the end of its thinking": (events) => swapped(events, 3),
    "two signatures": (events) => repeated(events, 4),
    "a block that stops twice": (events) => repeated(events, 5),
    "a text without a text": (events) => without(without(events, 8), 7),
    "arguments that are no object": (events) => without(events, 12),
    "a block that is open at the end": (events) => without(events, 13),
    "no message_delta": (events) => without(events, 14),
    "two message_deltas": (events) => repeated(events, 14),
    "a message_delta without usage": (events) => {
      delete at(events, 14).usage;
    },
    "a reason to stop that is Chat's": (events) => {
      at(events, 14).delta.stop_reason = "tool_calls";
    },
    "a call in a turn that has ended": (events) => {
      at(events, 14).delta.stop_reason = "end_turn";
    },
    "a stop for tools without a call": (events) => events.filter((event) => event.index !== 2),
    "no end": (events) => without(events, 15),
    "a block behind message_delta": (events) => swapped(events, 13),
    "something behind the end": (events) => [...events, { type: "ping" }],
    "an error behind the end": (events) => [...events, ERROR],
    "an event that the API has not": (events) => events.toSpliced(6, 0, { type: "content_block_pause", index: 1 }),
  });

  test("takes an error for an end, but not with a block open", () => {
    expect(messagesViolations(named([...VALID.slice(0, 6), ERROR]))).toEqual([]);
    expect(messagesViolations(named([ERROR]))).toEqual([]);
    expect(messagesViolations(named([...VALID.slice(0, 5), ERROR]))).not.toEqual([]);
  });

  test("looks at the lines: names, blank lines, data that is no JSON", () => {
    const text = named(VALID);
    expect(messagesViolations(text.trimEnd())).not.toEqual([]);
    expect(messagesViolations(text.replace("event: ping", "event: pong"))).not.toEqual([]);
    expect(messagesViolations(text.replace("event: ping\n", ""))).not.toEqual([]);
    expect(messagesViolations(text.replace("\n\n", "\n"))).not.toEqual([]);
    expect(messagesViolations(`${text}data: [DONE]\n\n`)).not.toEqual([]);
    expect(messagesViolations("")).not.toEqual([]);
  });
});
