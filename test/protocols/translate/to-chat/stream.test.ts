import { describe, expect, test } from "vitest";
import type { HubEvent } from "../../../../src/protocols/translate/hub.ts";
import { NO_USAGE } from "../../../../src/vocabulary.ts";
import { chunk, delta, finished, read, USAGE } from "./streams.ts";

/** The events as short words: `open text`, `+words`, `close`, `end end_turn`. */
function told(events: HubEvent[]): string[] {
  return events.map((event) => {
    if (event.type === "open") {
      const { block } = event;
      return block.type === "tool_use" ? `open ${block.name} ${block.id}` : `open ${block.type}`;
    }
    if (event.type === "delta") return `+${event.text}`;
    return event.type === "end" ? `end ${event.stopReason}` : event.type;
  });
}

const call = (index: number, fields: object) => delta({ tool_calls: [{ index, ...fields }] });
const named = (index: number, id: string, name: string, args = "") =>
  call(index, { id, type: "function", function: { name, arguments: args } });
const more = (index: number, args: string) => call(index, { function: { arguments: args } });

describe("a streamed answer", () => {
  // litellm#32357
  test("begins once, and ends with its usage", () => {
    const events = read([delta({ role: "assistant", content: "" }), delta({ content: "Hi" }), ...finished("stop")]);
    expect(told(events)).toEqual(["start", "open text", "+Hi", "close", "end end_turn"]);
    expect(events[0]).toEqual({ type: "start", id: "chatcmpl-1", usage: null });
    expect(events.at(-1)).toMatchObject({ usage: { ...NO_USAGE, input: 6, cacheRead: 4, output: 5, reasoning: 2 } });
  });

  test("has its thinking before its text, under each name that services have for it", () => {
    for (const name of ["reasoning_content", "reasoning"]) {
      const events = read([
        delta({ [name]: "Hm" }),
        delta({ [name]: "." }),
        delta({ content: "Hi" }),
        ...finished("stop"),
      ]);
      expect(told(events)).toEqual([
        "start",
        "open thinking",
        "+Hm",
        "+.",
        "close",
        "open text",
        "+Hi",
        "close",
        "end end_turn",
      ]);
    }
    const parts = [
      { type: "thinking", thinking: [{ type: "text", text: "Hm" }] },
      { type: "text", text: "Hi" },
    ];
    expect(told(read([delta({ content: parts }), ...finished("stop")]))).toEqual([
      ...["start", "open thinking", "+Hm", "close", "open text", "+Hi", "close", "end end_turn"],
    ]);
    // Both at once are one text.
    const both = {
      reasoning: "Hm",
      reasoning_content: "Hm",
      reasoning_details: [{ type: "reasoning.text", text: "Hm" }],
    };
    expect(told(read([delta(both), ...finished("stop")]))).toEqual([
      "start",
      "open thinking",
      "+Hm",
      "close",
      "end end_turn",
    ]);
  });

  test("makes no block of white space alone, and loses none in front of a text", () => {
    const events = read([
      delta({ content: "\n" }),
      delta({ content: "\n" }),
      delta({ content: "Hi" }),
      ...finished("stop"),
    ]);
    expect(told(events)).toEqual(["start", "open text", "+\n\nHi", "close", "end end_turn"]);
    const calls = read([delta({ content: "\n\n" }), named(0, "a", "Read", "{}"), ...finished("tool_calls")]);
    expect(told(calls)).toEqual(["start", "open Read a", "+{}", "close", "end tool_use"]);
  });

  test("of a refusal is its text, and ends as one", () => {
    const events = read([delta({ refusal: "No." }), ...finished("stop")]);
    expect(told(events)).toEqual(["start", "open text", "+No.", "close", "end refusal"]);
  });

  test.each([
    ["stop", "end_turn"],
    ["length", "max_tokens"],
    ["content_filter", "refusal"],
    ["sensitive", "refusal"],
    ["model_length", "model_context_window_exceeded"],
    // Without a call there is nothing to carry out.
    ["tool_calls", "end_turn"],
    ["constructor", "end_turn"],
  ])("that ends with %s ends with %s", (reason, stop) => {
    expect(told(read([delta({ content: "a" }), ...finished(reason)])).at(-1)).toBe(`end ${stop}`);
  });

  test("tells the stop sequence that was met, where the service does", () => {
    const last = chunk({ choices: [{ index: 0, delta: {}, finish_reason: "stop", stop_reason: "END" }] });
    const events = read([delta({ content: "a" }), last, "[DONE]"], { stops: ["END"] });
    expect(events.at(-1)).toMatchObject({ stopReason: "stop_sequence", stopSequence: "END" });
    expect(read([delta({ content: "a" }), last, "[DONE]"]).at(-1)).toMatchObject({
      stopReason: "end_turn",
      stopSequence: null,
    });
  });

  test("has the citations of a search on its text", () => {
    const annotations = [
      { type: "url_citation", url_citation: { url: "https://a.example", title: "A", content: "a…" } },
    ];
    const events = read([delta({ content: "Hi" }), delta({ annotations }), ...finished("stop")]);
    expect(events.find(({ type }) => type === "citation")).toEqual({
      type: "citation",
      citation: {
        type: "web_search_result_location",
        url: "https://a.example",
        title: "A",
        cited_text: "a…",
        encrypted_index: "",
      },
    });
  });
});

describe("calls in a stream", () => {
  test("stream as they arrive", () => {
    const events = read([named(0, "call_a", "Read"), more(0, '{"path"'), more(0, ':"a"}'), ...finished("tool_calls")]);
    expect(told(events)).toEqual(["start", "open Read call_a", '+{"path"', '+:"a"}', "close", "end tool_use"]);
  });

  // OmniRoute#686: one start per call, whatever is repeated.
  test("begin once each, one behind the other, also where several share a chunk", () => {
    const both = delta({
      tool_calls: [
        { index: 0, id: "a", function: { name: "One", arguments: "{}" } },
        { index: 1, id: "b", function: { name: "Two", arguments: "" } },
      ],
    });
    const again = call(1, { id: "b", function: { name: "Two", arguments: "{}" } });
    expect(told(read([both, again, ...finished("tool_calls")]))).toEqual([
      ...["start", "open One a", "+{}", "close", "open Two b", "+{}", "close", "end tool_use"],
    ]);
  });

  // litellm#15307, praxis#266, praxis#273, headroom#2890, new-api
  test("that fill in turn come one after the other, each whole", () => {
    const events = read([
      ...[named(0, "a", "One", '{"x"'), named(1, "b", "Two", '{"y"'), more(0, ":1"), more(1, ":2}"), more(0, "}")],
      ...finished("tool_calls"),
    ]);
    expect(told(events)).toEqual([
      ...["start", "open One a", '+{"x"', "+:1", "+}", "close"],
      ...["open Two b", '+{"y"', "+:2}", "close", "end tool_use"],
    ]);
  });

  test("stream on while the next is told, once the first is whole", () => {
    const events = read([named(0, "a", "One", '{"x":1}'), named(1, "b", "Two", "{"), more(1, "}")]);
    expect(told(events)).toEqual(["start", "open One a", '+{"x":1}', "close", "open Two b", "+{", "+}"]);
  });

  test("that seem whole while they wait may go on", () => {
    const events = read([
      ...[named(0, "a", "One", "{"), named(1, "b", "Two", "{}"), named(2, "c", "Three", "{}"), more(1, "\n")],
      ...[more(0, "}"), ...finished("tool_calls")],
    ]);
    expect(told(events)).toEqual([
      ...["start", "open One a", "+{", "+}", "close", "open Two b", "+{}", "+\n", "close"],
      ...["open Three c", "+{}", "close", "end tool_use"],
    ]);
  });

  test("that fill in turn may be very many", () => {
    const indices = Array.from({ length: 20_000 }, (_, index) => index);
    const begun = delta({ tool_calls: indices.map((index) => ({ index, function: { name: "One", arguments: "{" } })) });
    const ended = delta({ tool_calls: indices.map((index) => ({ index, function: { arguments: "}" } })) });
    // Looking through all of them for each takes longer than a test may.
    const events = read([begun, ended, ...finished("tool_calls")]);
    expect(events.filter(({ type }) => type === "close")).toHaveLength(indices.length);
  });

  // CLIProxyAPI#3748
  test("wait for their name, and lose nothing that came before it", () => {
    const events = read([
      more(0, '{"a"'),
      call(0, { function: { name: "Late", arguments: ":1}" } }),
      ...finished("stop"),
    ]);
    expect(told(events)).toEqual(["start", "open Late call_chatcmpl-1_0", '+{"a":1}', "close", "end tool_use"]);
  });

  test("without an id get one of the answer's own, the same each time", () => {
    const two = delta({
      tool_calls: [{ function: { name: "A", arguments: "{}" } }, { function: { name: "B", arguments: "{}" } }],
    });
    const opened = told(read([two, ...finished("tool_calls")])).filter((word) => word.startsWith("open"));
    expect(opened).toEqual(["open A call_chatcmpl-1_0", "open B call_chatcmpl-1_1"]);
  });

  test("are told apart by their id where every one has the index 0", () => {
    const events = read([named(0, "a", "One", "{}"), named(0, "b", "One", '{"x":1}'), ...finished("stop")]);
    expect(told(events)).toEqual([
      ...["start", "open One a", "+{}", "close", "open One b", '+{"x":1}', "close", "end tool_use"],
    ]);
  });

  test("are told apart by their id where they have no index", () => {
    const piece = (fields: object) => delta({ tool_calls: [fields] });
    const events = read([
      piece({ id: "a", function: { name: "One", arguments: "{" } }),
      piece({ function: { arguments: "}" } }),
      piece({ id: "b", function: { name: "Two", arguments: "{}" } }),
      ...finished("tool_calls"),
    ]);
    expect(told(events)).toEqual([
      ...["start", "open One a", "+{", "+}", "close", "open Two b", "+{}", "close", "end tool_use"],
    ]);
  });

  test("of one id in an answer are two calls with two", () => {
    const events = read([named(0, "a", "One", "{}"), named(1, "a", "Two", "{}"), ...finished("tool_calls")]);
    expect(told(events).filter((word) => word.startsWith("open"))).toEqual(["open One a", "open Two a_1"]);
    const third = read([named(0, "a_2", "One"), named(1, "a", "Two"), named(2, "a", "Three"), ...finished("stop")]);
    const ids = third.flatMap((event) => (event.type === "open" && "id" in event.block ? [event.block.id] : []));
    expect(new Set(ids).size).toBe(3);
  });

  test("may have their arguments as an object, in one piece, or none", () => {
    const object = call(0, { id: "a", function: { name: "One", arguments: { x: 1 } } });
    const none = call(1, { id: "b", function: { name: "Two", arguments: null } });
    expect(told(read([object, none, ...finished("tool_calls")]))).toEqual([
      ...["start", "open One a", '+{"x":1}', "close", "open Two b", "close", "end tool_use"],
    ]);
  });

  test("in the form from before there could be several are calls too", () => {
    const events = read([
      delta({ function_call: { name: "Old", arguments: "{" } }),
      delta({ function_call: { arguments: "}" } }),
      ...finished("function_call"),
    ]);
    expect(told(events)).toEqual(["start", "open Old call_chatcmpl-1_0", "+{", "+}", "close", "end tool_use"]);
  });

  test("make the end one of tools, also where the service says stop; but not where they were cut off", () => {
    expect(told(read([named(0, "a", "One", "{}"), ...finished("stop")])).at(-1)).toBe("end tool_use");
    expect(told(read([named(0, "a", "One", '{"x'), ...finished("length")])).at(-1)).toBe("end max_tokens");
  });

  test("come behind the text that goes before them, in one chunk with the end", () => {
    const last = chunk({
      choices: [
        {
          index: 0,
          delta: { content: "Look.", tool_calls: [{ index: 0, id: "a", function: { name: "One", arguments: "{}" } }] },
          finish_reason: "tool_calls",
        },
      ],
      usage: USAGE,
    });
    expect(told(read([last, "[DONE]"]))).toEqual([
      ...["start", "open text", "+Look.", "close", "open One a", "+{}", "close", "end tool_use"],
    ]);
  });
});
