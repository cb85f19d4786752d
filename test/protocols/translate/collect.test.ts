import { expect, test } from "vitest";
import { collected } from "../../../src/protocols/translate/collect.ts";
import { eventsOf } from "../../../src/protocols/translate/compose.ts";
import type { HubAnswer, HubEvent } from "../../../src/protocols/translate/hub.ts";
import { NO_USAGE } from "../../../src/vocabulary.ts";

const ANSWER: HubAnswer = {
  id: "msg_1",
  content: [
    { type: "thinking", thinking: "why", signature: "s" },
    { type: "thinking", thinking: "", signature: "t" },
    { type: "text", text: "said", citations: [{ url: "https://a.example" }] },
    { type: "server_tool_use", id: "ws_1", name: "web_search", input: { query: "q" } },
    { type: "tool_use", id: "call_1", name: "f", input: { a: [1] } },
    { type: "tool_use", id: "call_2", name: "g", input: {} },
  ],
  stopReason: "tool_use",
  stopSequence: null,
  usage: { ...NO_USAGE, input: 3, output: 4 },
};

test("the events of an answer put together are the answer", () => {
  expect(collected(eventsOf(ANSWER))).toEqual(ANSWER);
});

test("events without an end are no answer, and an error among them is all that counts", () => {
  const events = eventsOf(ANSWER);
  expect(collected(events.slice(0, -1))).toBeNull();
  const error: HubEvent = { type: "error", error: { status: 500, category: "upstream", message: "broke" } };
  expect(collected([...events.slice(0, 4), error])).toEqual({ error: error.error });
});

test("arguments that are no object, or none that could be written again, are none", () => {
  const call: HubEvent = { type: "open", block: { type: "tool_use", id: "1", name: "f", input: {} } };
  const end: HubEvent = { type: "end", stopReason: "tool_use", stopSequence: null, usage: NO_USAGE };
  const inputOf = (text: string) => {
    const answer = collected([call, { type: "delta", text }, { type: "close" }, end]);
    return answer && "content" in answer ? answer.content : null;
  };
  const deep = `${'{"1":'.repeat(5_000)}1${"}".repeat(5_000)}`;
  for (const text of ["", "{", '"a"', "[1]", "null", deep]) {
    expect(JSON.stringify(inputOf(text))).toBe('[{"type":"tool_use","id":"1","name":"f","input":{}}]');
  }
});
