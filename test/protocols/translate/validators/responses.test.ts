import { describe, expect, test } from "vitest";
import { at, type Events, findsEach, type Loose, named, repeated, swapped, without } from "./mutants.ts";
import { responsesViolations } from "./responses.ts";

const RESPONSE = { id: "resp_1", object: "response", created_at: 1_700_000_000, model: "m", error: null };
const BEGUN = { ...RESPONSE, status: "in_progress", output: [] };
const USAGE = {
  ...{ input_tokens: 3, input_tokens_details: { cached_tokens: 1 } },
  ...{ output_tokens: 2, output_tokens_details: { reasoning_tokens: 1 }, total_tokens: 5 },
};

const THOUGHT = { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "Hm." }] };
const PART = { type: "output_text", text: "Look.", annotations: [{ type: "url_citation" }] };
const MESSAGE = { type: "message", id: "msg_1", role: "assistant", status: "completed", content: [PART] };
const CALL = { type: "function_call", id: "fc_1", call_id: "c", name: "a", arguments: '{"b":1}', status: "completed" };
const CUSTOM = { type: "custom_tool_call", id: "ct_1", call_id: "d", name: "p", input: "*** x", status: "completed" };
const SEARCH = { type: "web_search_call", id: "ws_1", status: "completed", action: { type: "search", query: "q" } };

const ladder = (output_index: number, item_id: string, events: [string, Loose][]) =>
  events.map(([type, more]) => ({ type: `response.${type}`, output_index, item_id, ...more }));

const bare = (output_index: number, item: Loose, begun: Loose, between: Events) => [
  { type: "response.output_item.added", output_index, item: { ...item, status: "in_progress", ...begun } },
  ...between,
  { type: "response.output_item.done", output_index, item },
];

/** Without their numbers. */
const EVENTS: Events = [
  { type: "response.created", response: BEGUN },
  { type: "response.in_progress", response: BEGUN },
  ...bare(0, THOUGHT, { summary: [] }, [
    ...ladder(0, "rs_1", [
      ["reasoning_summary_part.added", { summary_index: 0, part: { type: "summary_text", text: "" } }],
      ["reasoning_summary_text.delta", { summary_index: 0, delta: "Hm." }],
      ["reasoning_summary_text.done", { summary_index: 0, text: "Hm." }],
      ["reasoning_summary_part.done", { summary_index: 0, part: { type: "summary_text", text: "Hm." } }],
    ]),
  ]),
  ...bare(1, MESSAGE, { content: [] }, [
    ...ladder(1, "msg_1", [
      ["content_part.added", { content_index: 0, part: { type: "output_text", text: "", annotations: [] } }],
      ["output_text.delta", { content_index: 0, delta: "Loo" }],
      ["output_text.delta", { content_index: 0, delta: "k." }],
      ["output_text.annotation.added", { content_index: 0, annotation_index: 0, annotation: PART.annotations[0] }],
      ["output_text.done", { content_index: 0, text: "Look." }],
      ["content_part.done", { content_index: 0, part: PART }],
    ]),
  ]),
  ...bare(2, CALL, { arguments: "" }, [
    ...ladder(2, "fc_1", [
      ["function_call_arguments.delta", { delta: '{"b":1}' }],
      ["function_call_arguments.done", { arguments: '{"b":1}' }],
    ]),
  ]),
  ...bare(3, CUSTOM, { input: "" }, [
    ...ladder(3, "ct_1", [
      ["custom_tool_call_input.delta", { delta: "*** x" }],
      ["custom_tool_call_input.done", { input: "*** x" }],
    ]),
  ]),
  ...bare(4, SEARCH, {}, [
    ...ladder(4, "ws_1", [
      ["web_search_call.in_progress", {}],
      ["web_search_call.searching", {}],
      ["web_search_call.completed", {}],
    ]),
  ]),
  {
    type: "response.completed",
    response: { ...RESPONSE, status: "completed", output: [THOUGHT, MESSAGE, CALL, CUSTOM, SEARCH], usage: USAGE },
  },
];

const numbered = (events: Events): Events => events.map((event, sequence_number) => ({ ...event, sequence_number }));
/** Writes the events with fresh numbers, so that a mutant is wrong in its own way alone. */
const write = (events: Events) => named(numbered(events));
const index = (type: string, nth = 0) =>
  EVENTS.flatMap((event, place) => (event.type === `response.${type}` ? [place] : []))[nth] ?? -1;
const event = (events: Events, type: string, nth = 0): Loose => at(events, index(type, nth));
const last = (events: Events): Loose => at(events, -1).response;
const ERROR = { type: "error", code: "server_error", message: "It broke off.", param: null };
const FAILED = {
  type: "response.failed",
  response: { ...RESPONSE, status: "failed", output: [], error: { code: "server_error", message: "It broke off." } },
};

describe("the validator of Responses streams", () => {
  findsEach(EVENTS, write, responsesViolations, {
    "no response.created": (events) => without(events, 0),
    "a response that is not in progress at its beginning": (events) => {
      at(events, 0).response.status = "completed";
    },
    "another id": (events) => {
      last(events).id = "resp_2";
    },
    "an item that was not added": (events) => without(events, index("output_item.added", 2)),
    "an item that is added full": (events) => {
      event(events, "output_item.added", 2).item.arguments = '{"b":1}';
    },
    "an index left out": (events) => {
      for (const each of events) if (each.output_index === 4) each.output_index = 5;
    },
    "two items of one id": (events) => {
      event(events, "output_item.added", 1).item.id = "rs_1";
    },
    "the id of another item": (events) => {
      event(events, "output_text.delta").item_id = "rs_1";
    },
    "no part": (events) => without(events, index("content_part.added")),
    "a part that is not done": (events) => without(events, index("content_part.done")),
    "a part that has another index": (events) => {
      event(events, "output_text.done").content_index = 1;
    },
    "a text that is not the sum of its deltas": (events) => {
      event(events, "output_text.done").text = "Look!";
    },
    "no output_text.done": (events) => without(events, index("output_text.done")),
    "a delta behind its done": (events) => swapped(events, index("function_call_arguments.delta")),
    "a part that is not what was streamed": (events) => {
      event(events, "content_part.done").part.text = "Look!";
    },
    "an annotation lost": (events) => without(events, index("output_text.annotation.added")),
    "an item that is not what was streamed": (events) => {
      event(events, "output_item.done", 1).item.content[0].text = "Look!";
    },
    "a summary that is not what was streamed": (events) => {
      event(events, "reasoning_summary_text.done").text = "Oh.";
    },
    "arguments that are not what was streamed": (events) => {
      event(events, "function_call_arguments.done").arguments = "{}";
    },
    "no arguments.done": (events) => without(events, index("function_call_arguments.done")),
    // AIClient2API#471
    "the input of a custom tool for a function": (events) => {
      event(events, "function_call_arguments.done").type = "response.custom_tool_call_input.done";
    },
    "an item that is not done": (events) => without(events, index("output_item.done", 3)),
    "an item that is done twice": (events) => repeated(events, index("output_item.done", 3)),
    "an output that lacks an item": (events) => {
      last(events).output.pop();
    },
    "an output that is not as it was done": (events) => {
      last(events).output[1].content[0].text = "Look!";
    },
    "an output in another order": (events) => {
      last(events).output.reverse();
    },
    "an item left incomplete in what is completed": (events) => {
      event(events, "output_item.done", 2).item.status = "incomplete";
      last(events).output[2].status = "incomplete";
    },
    "no usage": (events) => {
      delete last(events).usage;
    },
    "a total that is not the sum": (events) => {
      last(events).usage.total_tokens = 6;
    },
    "no details of the usage": (events) => {
      delete last(events).usage.input_tokens_details;
    },
    "a status that is not its event's": (events) => {
      last(events).status = "incomplete";
    },
    "an incomplete response that does not say why": (events) => {
      at(events, -1).type = "response.incomplete";
      last(events).status = "incomplete";
    },
    "no end": (events) => without(events, EVENTS.length - 1),
    "something behind the end": (events) => [...events, at(events, 1)],
    "a silence that is bridged before the beginning": (events) => [{ type: "keepalive" }, ...events],
    "an event that the API has not": (events) => events.toSpliced(5, 0, { ...at(events, 5), type: "response.paused" }),
  });

  test("counts the events without a gap, from 0", () => {
    const text = (numbers: (each: number) => number) =>
      named(EVENTS.map((each, place) => ({ ...each, sequence_number: numbers(place) })));
    expect(responsesViolations(text((place) => place))).toEqual([]);
    expect(responsesViolations(text((place) => place + 1))).not.toEqual([]);
    expect(responsesViolations(text(() => 0))).not.toEqual([]);
    expect(responsesViolations(named(EVENTS))).not.toEqual([]);
  });

  test("takes response.failed for an end, behind an error or alone", () => {
    const begun = EVENTS.slice(0, 2);
    expect(responsesViolations(write([...begun, ERROR, FAILED]))).toEqual([]);
    expect(responsesViolations(write([...begun, FAILED]))).toEqual([]);
    expect(responsesViolations(write([...begun, ERROR]))).not.toEqual([]);
    expect(responsesViolations(write([...begun, ERROR, ...EVENTS.slice(2)]))).not.toEqual([]);
  });

  const incomplete = (output: Loose[]) => {
    const response = { ...RESPONSE, status: "incomplete", output, usage: USAGE };
    const details = { incomplete_details: { reason: "max_output_tokens" } };
    return { type: "response.incomplete", response: { ...response, ...details } };
  };

  test("takes response.incomplete with its reason", () => {
    expect(responsesViolations(write([...EVENTS.slice(0, 2), incomplete([])]))).toEqual([]);
  });

  test("takes a call that was cut off, if nothing says that it is done, and no other item", () => {
    const cut = (item: Loose, begun: Loose) =>
      write([
        ...EVENTS.slice(0, 2),
        { type: "response.output_item.added", output_index: 0, item: { ...item, ...begun } },
        incomplete([{ ...item, ...begun, status: "incomplete" }]),
      ]);
    expect(responsesViolations(cut(CALL, { arguments: "" }))).toEqual([]);
    expect(responsesViolations(cut(CUSTOM, { input: "" }))).toEqual([]);
    expect(responsesViolations(cut(MESSAGE, { content: [], status: "in_progress" }))).not.toEqual([]);
  });

  test("takes what bridges a silence for no more than that", () => {
    expect(responsesViolations(write(EVENTS.toSpliced(4, 0, { type: "keepalive" })))).toEqual([]);
  });
});
