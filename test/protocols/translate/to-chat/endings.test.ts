/** How streams of Chat end, or do not; and whole answers, which are read as streams of one chunk. */

import { describe, expect, test } from "vitest";
import { streamMeter } from "../../../../src/protocols/chat/usage.ts";
import type { HubEvent } from "../../../../src/protocols/translate/hub.ts";
import { ChatStream } from "../../../../src/protocols/translate/to-chat/stream.ts";
import fc from "../../../fast-check.ts";
import { chunk, delta, finished, read, reading, USAGE } from "./streams.ts";
import { written } from "./written.ts";

const types = (events: HubEvent[]) => events.map(({ type }) => type);
const last = (events: HubEvent[]) => events.at(-1);
const call = (args: string) =>
  delta({ tool_calls: [{ index: 0, id: "a", function: { name: "Read", arguments: args } }] });
const finish = (fields: object = {}) => chunk({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }], ...fields });

describe("a stream of Chat", () => {
  test("has ended when it has said why, with or without its mark", () => {
    expect(last(read([delta({ content: "a" }), finish()]))).toMatchObject({ type: "end", stopReason: "end_turn" });
    expect(last(read([delta({ content: "a" }), "[DONE]"]))).toMatchObject({ type: "end", stopReason: "end_turn" });
  });

  // wally#84, billion-context#239, litellm#32159, cc-switch#7044
  test("that breaks off has no end", () => {
    const events = read([delta({ content: "a" })]);
    expect(types(events)).toEqual(["start", "open", "delta"]);
    expect(types(read([]))).toEqual([]);
    expect(types(read([call('{"a":1}')]))).toEqual(["start", "open", "delta"]);
  });

  // claude-code-mux#11
  test("may end behind a whole call where the service is known for it, and not behind half a one", () => {
    expect(last(read([call('{"a":1}')], { endsSilently: true }))).toMatchObject({
      type: "end",
      stopReason: "tool_use",
    });
    expect(types(read([call('{"a"')], { endsSilently: true }))).toEqual(["start", "open", "delta"]);
    expect(types(read([delta({ content: "a" })], { endsSilently: true }))).not.toContain("end");
  });

  test("takes its usage from wherever a service puts it, and the last of running totals", () => {
    const used = { usage: { input: 6, cacheRead: 4, output: 5 } };
    expect(last(read([delta({ content: "a" }), finish({ usage: USAGE }), "[DONE]"]))).toMatchObject(used);
    expect(last(read([delta({ content: "a" }), finish({ x_groq: { usage: USAGE } }), "[DONE]"]))).toMatchObject(used);
    const inChoice = chunk({ choices: [{ index: 0, delta: {}, finish_reason: "stop", usage: USAGE }] });
    expect(last(read([delta({ content: "a" }), inChoice]))).toMatchObject(used);
    const running = (tokens: number) =>
      chunk({ choices: [{ index: 0, delta: { content: "a" } }], usage: { ...USAGE, completion_tokens: tokens } });
    expect(last(read([running(1), running(2), finish({ usage: USAGE })]))).toMatchObject(used);
  });

  test("without usage has an estimate of its output", () => {
    expect(last(read([delta({ content: "x".repeat(40) }), finish()]))).toMatchObject({
      usage: { input: 0, output: 10 },
    });
  });

  test("that reports an error says so once, whatever comes behind it, its blocks closed before", () => {
    const error = '{"error":{"message":"Overloaded","type":"server_error","code":503}}';
    const events = read([delta({ content: "a" }), error, delta({ content: "b" }), "[DONE]"]);
    expect(types(events)).toEqual(["start", "open", "delta", "close", "error"]);
    expect(last(events)).toMatchObject({ error: { status: 503, message: "Overloaded" } });
    expect(types(read(['{"error":"Overloaded"}']))).toEqual(["error"]);
    // It had ended before that.
    expect(last(read([delta({ content: "a" }), finish(), error]))).toMatchObject({ type: "end" });
  });

  test.each(["error", "network_error", "insufficient_system_resource"])("that ends by %s has broken", (reason) => {
    const broken = chunk({ choices: [{ index: 0, delta: {}, finish_reason: reason, error: { message: "Lost" } }] });
    const events = read([delta({ content: "a" }), broken, "[DONE]"]);
    expect(types(events)).toEqual(["start", "open", "delta", "close", "error"]);
    expect(last(events)).toMatchObject({ error: { status: 502, message: "Lost" } });
  });

  test("begins with the first chunk that is about the answer: Azure's is about the prompt", () => {
    const filter = JSON.stringify({ id: "", object: "", choices: [], prompt_filter_results: [{ prompt_index: 0 }] });
    const events = read([filter, delta({ content: "a" }), ...finished("stop")]);
    expect(types(events)).toEqual(["start", "open", "delta", "close", "end"]);
    expect(events[0]).toMatchObject({ id: "chatcmpl-1" });
  });

  test.each(["null", "[]", "1", '"x"', "{", '{"choices":null}', '{"choices":[null]}', '{"choices":[{"delta":null}]}'])(
    "is not disturbed by %s",
    (data) => {
      expect(types(read([delta({ content: "a" }), data, ...finished("stop")]))).toEqual([
        "start",
        "open",
        "delta",
        "close",
        "end",
      ]);
    },
  );

  test("that is one whole message, or ends with it once more, has its text once", () => {
    const message = { role: "assistant", content: "Hi" };
    const whole = chunk({ choices: [{ index: 0, message, finish_reason: "stop" }], usage: USAGE });
    expect(types(read([whole]))).toEqual(["start", "open", "delta", "close", "end"]);
    expect(types(read([delta({ content: "Hi" }), whole]))).toEqual(["start", "open", "delta", "close", "end"]);
  });

  test("brings what OpenRouter's providers have signed as the signature of its thinking", () => {
    const piece = (fields: object) => delta({ reasoning_details: [{ type: "reasoning.text", index: 0, ...fields }] });
    const events = read([
      ...[piece({ text: "Hm", format: "anthropic-claude-v1" }), piece({ text: ".", signature: "abc" })],
      ...[delta({ content: "Hi" }), ...finished("stop")],
    ]);
    expect(types(events)).toEqual([
      "start",
      "open",
      "delta",
      "delta",
      "signature",
      "close",
      "open",
      "delta",
      "close",
      "end",
    ]);
    const signature = events.find((event) => event.type === "signature");
    const thinking = { type: "thinking" as const, thinking: "Hm.", signature: signature?.signature ?? "" };
    const { body } = written(
      { messages: [{ role: "assistant", content: [thinking, { type: "text", text: "Hi" }] }] },
      { reasoningHistory: "signed_details" },
    );
    expect(body.messages).toMatchObject([
      { reasoning_details: [{ type: "reasoning.text", text: "Hm.", signature: "abc", format: "anthropic-claude-v1" }] },
    ]);
  });

  test("brings what is encrypted also without a word of thinking, before the call that it belongs to", () => {
    const hidden = delta({ reasoning_details: [{ type: "reasoning.encrypted", id: "c", data: "xyz" }] });
    expect(types(read([hidden, call("{}"), ...finished("tool_calls")]))).toEqual([
      ...["start", "open", "signature", "close", "open", "delta", "close", "end"],
    ]);
  });
});

/** What a stream may hold, in any order. */
const PIECES = fc.array(
  fc.oneof(
    fc.constant(delta({ content: "a" })),
    fc.constant(delta({ content: " " })),
    fc.constant(delta({ reasoning_content: "h" })),
    fc.constant(delta({ reasoning_details: [{ type: "reasoning.text", text: "x", signature: "s" }] })),
    fc
      .record({ index: fc.nat(3), args: fc.constantFrom("", "{", "}", '{"a":1}') })
      .map(({ index, args }) => delta({ tool_calls: [{ index, function: { arguments: args } }] })),
    fc
      .nat(3)
      .map((index) =>
        delta({ tool_calls: [{ index, id: `c${index}`, function: { name: `T${index}`, arguments: "" } }] }),
      ),
    fc.constantFrom(
      finish(),
      chunk({ choices: [], usage: USAGE }),
      '{"error":{"message":"x"}}',
      "[DONE]",
      "{}",
      "null",
    ),
    fc.constant(chunk({ choices: [{ index: 0, delta: {}, finish_reason: "network_error" }] })),
  ),
  { maxLength: 30 },
);

test("whatever a stream holds, its events are well-formed", () => {
  fc.assert(
    fc.property(PIECES, (pieces) => {
      const events = read(pieces);
      let open = false;
      let over = false;
      for (const [at, event] of events.entries()) {
        expect(over).toBe(false);
        if (event.type === "start") expect(at).toBe(0);
        if (event.type === "open") expect(open).toBe(false);
        if (["delta", "signature", "citation", "close"].includes(event.type)) expect(open).toBe(true);
        open = event.type === "open" || (open && event.type !== "close");
        over = event.type === "end" || event.type === "error";
        if (over) expect(open).toBe(false);
      }
      if (events.length > 0) expect(["start", "error"]).toContain(events[0]?.type);
    }),
  );
});

test("a stream ends for the client where it ends for the meter", () => {
  fc.assert(
    fc.property(PIECES, (some) => {
      // Nothing comes behind the mark of the end.
      const mark = some.indexOf("[DONE]");
      const pieces = mark < 0 ? some : some.slice(0, mark + 1);
      const meter = streamMeter();
      meter.feed(new TextEncoder().encode(pieces.map((data) => `data: ${data}\n\n`).join("")));
      const { complete, errored } = meter.end();
      const events = read(pieces);
      const hasEnded = events.some(({ type }) => type === "end");
      // Where a stream says that it has failed and ended, in whatever order, the client is told what came first.
      if (!(complete && errored)) expect(hasEnded).toBe(complete);
    }),
  );
});

test("a stream is read alike in every cut, since its events are whole by then", () => {
  const pieces = [delta({ content: "a" }), call('{"a":1}'), ...finished("tool_calls")];
  const stream = new ChatStream(reading());
  const byOne = pieces.flatMap((data) => stream.read(data));
  expect([...byOne, ...stream.end()]).toEqual(read(pieces));
});

describe("a whole answer", () => {
  const { answer } = written({ tools: [{ type: "function", name: "x".repeat(80), input_schema: {} }] });
  const of = (message: object, finish_reason: string | null = "stop") =>
    answer.whole({ id: "chatcmpl-1", choices: [{ index: 0, message, finish_reason }], usage: USAGE });

  // new-api loses the text beside calls, and the calls beside `stop`.
  test("has thinking, text and calls, in this order, and all counts", () => {
    const tool_calls = [{ id: "a", type: "function", function: { name: "Read", arguments: '{"path":"a"}' } }];
    expect(of({ content: "Look.", reasoning_content: "Hm.", tool_calls })).toEqual({
      id: "chatcmpl-1",
      content: [
        { type: "thinking", thinking: "Hm.", signature: "" },
        { type: "text", text: "Look." },
        { type: "tool_use", id: "a", name: "Read", input: { path: "a" } },
      ],
      stopReason: "tool_use",
      stopSequence: null,
      usage: expect.objectContaining({ input: 6, cacheRead: 4, output: 5, reasoning: 2 }),
    });
  });

  test("has the client's own names of tools", () => {
    const { body, answer } = written({ tools: [{ type: "function", name: "x".repeat(80), input_schema: {} }] });
    const [tool] = body.tools as { function: { name: string } }[];
    const tool_calls = [{ id: "a", function: { name: tool?.function.name, arguments: "{}" } }];
    expect(answer.whole({ id: "1", choices: [{ message: { tool_calls } }] })).toMatchObject({
      content: [{ name: "x".repeat(80) }],
    });
  });

  test.each(["", "{", "[1]", '"x"', null, { a: 1 }])("reads arguments of %j as an object", (input) => {
    const tool_calls = [{ id: "a", function: { name: "Read", arguments: input } }];
    const expected = typeof input === "object" && input ? input : {};
    expect(of({ content: null, tool_calls })).toMatchObject({ content: [{ type: "tool_use", input: expected }] });
  });

  test("that came whole has ended, whether or not it says why", () => {
    expect(of({ content: "a" }, null)).toMatchObject({ stopReason: "end_turn" });
    expect(of({ refusal: "No." })).toMatchObject({ content: [{ type: "text", text: "No." }], stopReason: "refusal" });
    expect(of({ content: "a" }, "length")).toMatchObject({ stopReason: "max_tokens" });
  });

  test("that is none is an error", () => {
    expect(answer.whole({})).toMatchObject({ error: { status: 502 } });
    expect(answer.whole({ choices: [] })).toMatchObject({ error: { status: 502 } });
    expect(answer.whole({ error: { message: "Slow down", code: 429 } })).toMatchObject({
      error: { status: 429, message: "Slow down" },
    });
    expect(of({ content: "a" }, "network_error")).toMatchObject({ error: { status: 502 } });
  });

  test("that says nothing is asked for again, and one that says anything is not", () => {
    const { isUseless } = answer;
    expect(isUseless?.(finish())).toBe(true);
    expect(isUseless?.('{"choices":[{"message":{"content":"\\n"},"finish_reason":"stop"}]}')).toBe(true);
    for (const message of [{ content: "a" }, { reasoning_content: "a" }, { refusal: "a" }, { tool_calls: [{}] }]) {
      expect(isUseless?.(JSON.stringify({ choices: [{ message, finish_reason: "stop" }] }))).toBe(false);
    }
    expect(isUseless?.(chunk({ choices: [{ delta: {}, finish_reason: "length" }] }))).toBe(false);
    expect(isUseless?.("no json")).toBe(false);
  });
});
