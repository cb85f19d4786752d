import { describe, expect, test } from "vitest";
import { RESPONSES } from "../../../../src/protocols/responses/format.ts";
import { carriedFrom } from "../../../../src/protocols/translate/carried.ts";
import { collected } from "../../../../src/protocols/translate/collect.ts";
import type { HubAnswer, HubEvent, Json } from "../../../../src/protocols/translate/hub.ts";
import { Names } from "../../../../src/protocols/translate/names.ts";
import { answerReader } from "../../../../src/protocols/translate/to-responses/answer.ts";
import { NO_USAGE } from "../../../../src/vocabulary.ts";
import fc from "../../../fast-check.ts";
import {
  call,
  type Event,
  message,
  outputs,
  read,
  readWhole,
  reasoning,
  refused,
  response,
  search,
  streamOf,
} from "./events.ts";

const answerOf = (events: HubEvent[]) => collected(events) as HubAnswer;
const contentOf = (output: Json[]) => answerOf(read(streamOf(output))).content;
const typesOf = (events: HubEvent[]) => events.map(({ type }) => type).join(" ");
const payloadOf = (signature: string) => JSON.parse(carriedFrom("openai", signature) ?? "null");

const USAGE = { ...NO_USAGE, input: 30, cacheRead: 60, cacheWrite5m: 10, output: 20, reasoning: 5 };

describe("a streamed response", () => {
  test("is a start, blocks and an end, with each token counted once", () => {
    expect(read(streamOf([reasoning(["why"]), message("hello"), call('{"a":1}')]))).toEqual([
      { type: "start", id: "resp_1", usage: null },
      { type: "open", block: { type: "thinking", thinking: "", signature: "" } },
      { type: "delta", text: "wh" },
      { type: "delta", text: "y" },
      { type: "signature", signature: expect.any(String) },
      { type: "close" },
      { type: "open", block: { type: "text", text: "" } },
      { type: "delta", text: "hel" },
      { type: "delta", text: "lo" },
      { type: "close" },
      { type: "open", block: { type: "tool_use", id: "call_1", name: "run", input: {} } },
      { type: "delta", text: '{"a"' },
      { type: "delta", text: ":1}" },
      { type: "close" },
      { type: "end", stopReason: "tool_use", stopSequence: null, usage: USAGE },
    ]);
  });

  test("has no empty text block, whatever items come empty", () => {
    expect(contentOf([message(""), message("said", [], "msg_2")])).toEqual([{ type: "text", text: "said" }]);
    expect(contentOf([reasoning([], null), message("said")])).toEqual([{ type: "text", text: "said" }]);
  });

  test("says a refusal as text and as the reason of its end", () => {
    const events = read(streamOf([refused("I will not")]));
    expect(answerOf(events)).toMatchObject({ content: [{ type: "text", text: "I will not" }], stopReason: "refusal" });
  });

  test("gives tools their own names back", () => {
    const names = new Names(64);
    const name = "x".repeat(80);
    const events = read(streamOf([call("{}", 1, names.to(name))]), { names });
    expect(answerOf(events).content).toMatchObject([{ name, id: "call_1" }]);
  });

  test("reads a free-form call that nobody offered as one with its text for the argument", () => {
    const custom = { id: "ctc_1", type: "custom_tool_call", call_id: "call_1", name: "patch", input: "*** Begin" };
    const events = read([
      ...streamOf([]).slice(0, 2),
      { type: "response.output_item.added", output_index: 0, item: { ...custom, input: "" } },
      { type: "response.custom_tool_call_input.delta", output_index: 0, item_id: "ctc_1", delta: "*** Begin" },
      { type: "response.output_item.done", output_index: 0, item: custom },
      { type: "response.completed", response: response([custom]) },
    ]);
    expect(answerOf(events)).toMatchObject({
      content: [{ type: "tool_use", id: "call_1", name: "patch", input: { input: "*** Begin" } }],
      stopReason: "tool_use",
    });
  });

  test("is incomplete where it was cut, and refused where it was filtered, also with a call in it", () => {
    const cut = (reason: string): Event => ({
      type: "response.incomplete",
      response: response([], { status: "incomplete", incomplete_details: { reason } }),
    });
    const stop = (reason: string) => answerOf(read(streamOf([call("{")], cut(reason)))).stopReason;
    expect([stop("max_output_tokens"), stop("content_filter"), stop("other")]).toEqual([
      ...["max_tokens", "refusal", "max_tokens"],
    ]);
  });
});

describe("reasoning", () => {
  test("has its parts apart by a blank line", () => {
    expect(contentOf([reasoning(["first", "second"])])).toMatchObject([{ thinking: "first\n\nsecond" }]);
  });

  test("carries its id and its encrypted content in the signature, and only as they are at its end", () => {
    const early = streamOf([reasoning(["why"], "whole")]).map((event) => {
      const isAdded = event.type === "response.output_item.added";
      return isAdded ? { ...event, item: reasoning([], "half") } : event;
    });
    const [block] = answerOf(read(early)).content;
    expect(block?.type === "thinking" && payloadOf(block.signature)).toEqual({
      id: "rs_1",
      encrypted_content: "whole",
    });
  });

  test("without words is kept as an empty block, so that it can come back", () => {
    const content = contentOf([reasoning([]), call("{}")]);
    expect(content).toMatchObject([{ type: "thinking", thinking: "" }, { type: "tool_use" }]);
    expect(content[0]?.type === "thinking" && payloadOf(content[0].signature).encrypted_content).toBe("gAAA");
  });

  test("is signed by nobody where nothing of it is encrypted", () => {
    expect(contentOf([reasoning(["why"], null)])).toEqual([{ type: "thinking", thinking: "why", signature: "" }]);
  });

  test("of open models comes as itself, and is not said again as its summary", () => {
    const item = { ...reasoning(["sum"], null), content: [{ type: "reasoning_text", text: "because" }] };
    const at = { output_index: 0, item_id: "rs_1" };
    const stream = [
      ...streamOf([]).slice(0, 2),
      { type: "response.output_item.added", output_index: 0, item: { ...item, summary: [], content: [] } },
      { type: "response.reasoning_text.delta", ...at, content_index: 0, delta: "because" },
      { type: "response.reasoning_summary_text.delta", ...at, summary_index: 0, delta: "sum" },
      { type: "response.output_item.done", output_index: 0, item },
      { type: "response.completed", response: response([item]) },
    ];
    expect(answerOf(read(stream)).content).toMatchObject([{ thinking: "because" }]);
  });

  test("is hidden from a client that has asked for none, and only its signature is had where its words are not wanted", () => {
    const stream = streamOf([reasoning(["why"]), message("so")]);
    expect(answerOf(read(stream, { thinking: null })).content).toEqual([{ type: "text", text: "so" }]);
    expect(answerOf(read(stream, { thinking: "signature" })).content).toMatchObject([
      { type: "thinking", thinking: "", signature: expect.stringContaining(".") },
      { type: "text" },
    ]);
  });
});

describe("calls", () => {
  // litellm#25321: LM Studio sends the arguments in `.done` alone.
  test("whose arguments come only at their end are called with them, and with nothing twice", () => {
    const whole = streamOf([call('{"a":1}')]).filter(({ type }) => !type.endsWith(".delta"));
    expect(contentOf([call('{"a":1}')])).toMatchObject([{ input: { a: 1 } }]);
    expect(answerOf(read(whole)).content).toMatchObject([{ input: { a: 1 } }]);
    const atLast = whole.filter(({ type }) => !type.endsWith("arguments.done"));
    expect(answerOf(read(atLast)).content).toMatchObject([{ input: { a: 1 } }]);
  });

  test("without arguments say nothing of them", () => {
    expect(typesOf(read(streamOf([call("")])))).toBe("start open close end");
    expect(contentOf([call("")])).toMatchObject([{ input: {} }]);
  });

  // praxis#266, headroom#2890.
  test("that fill in turn come one after the other, the first as it arrives", () => {
    const [one, two] = [call('{"n":1}', 1), call('{"n":2}', 2)];
    const delta = (n: number, text: string): Event => ({
      ...{ type: "response.function_call_arguments.delta", output_index: n - 1, item_id: `fc_${n}`, delta: text },
    });
    const added = (n: number): Event => ({
      ...{ type: "response.output_item.added", output_index: n - 1, item: call("", n) },
    });
    const done = (n: number, item: Json): Event => ({ type: "response.output_item.done", output_index: n - 1, item });
    const events = read([
      ...streamOf([]).slice(0, 2),
      ...[added(1), added(2), delta(2, '{"n"'), delta(1, '{"n"'), delta(2, ":2}"), delta(1, ":1}")],
      ...[done(2, two), done(1, one)],
      { type: "response.completed", response: response([one, two]) },
    ]);
    expect(typesOf(events)).toBe("start open delta delta close open delta delta close end");
    expect(answerOf(events).content).toMatchObject([{ input: { n: 1 } }, { input: { n: 2 } }]);
  });

  test("that all have one place in the output are told apart by their ids", () => {
    const items = [call('{"n":1}', 1), call('{"n":2}', 2), message("said")];
    const stream = streamOf(items).map((event) => ("output_index" in event ? { ...event, output_index: 0 } : event));
    expect(answerOf(read(stream))).toEqual(answerOf(read(streamOf(items))));
  });

  test("that begin without a name open when they have one, and lose nothing", () => {
    const stream = streamOf([call('{"a":1}')]).map((event) =>
      event.type === "response.output_item.added" ? { ...event, item: { type: "function_call", id: "fc_1" } } : event,
    );
    expect(answerOf(read(stream)).content).toMatchObject([{ name: "run", id: "call_1", input: { a: 1 } }]);
  });
});

describe("the last event", () => {
  const items = [reasoning(["why"]), message("hello"), call('{"a":1}'), call("{}", 2)];

  // cc-switch#7044.
  test("is the whole answer where nothing came before it", () => {
    const last = streamOf(items).slice(-1);
    expect(answerOf(read(last))).toEqual(answerOf(read(streamOf(items))));
  });

  test("adds what did not come before, and nothing twice", () => {
    const lacking = streamOf(items).filter(({ output_index }) => output_index !== 2);
    const content = answerOf(read(lacking)).content;
    expect(content).toHaveLength(4);
    expect(content).toContainEqual({ type: "tool_use", id: "call_1", name: "run", input: { a: 1 } });
  });

  test("adds nothing where a service gives its items other ids in it", () => {
    const renamed = items.map((item, place) => ({ ...item, id: `other_${place}` }));
    const stream = streamOf(items, { type: "response.completed", response: response(renamed) });
    expect(answerOf(read(stream))).toEqual(answerOf(read(streamOf(items))));
  });

  test("may come without the output, as ChatGPT's does", () => {
    const stream = streamOf(items, { type: "response.completed", response: response([]) });
    expect(answerOf(read(stream))).toEqual(answerOf(read(streamOf(items))));
  });
});

describe("an answer that fails", () => {
  const begun = streamOf([message("hello")]).slice(0, 5);

  test("says so by an error of its own status, as either event has it", () => {
    const error = { code: "rate_limit_exceeded", message: "slow down" };
    const failed = { type: "response.failed", response: response([], { status: "failed", error }) };
    const expected = { type: "error", error: { status: 429, category: "rate_limit", message: "slow down" } };
    expect(read([...begun, failed]).at(-1)).toEqual(expected);
    expect(read([...begun, { type: "error", ...error, param: null }]).at(-1)).toEqual(expected);
    expect(read([{ type: "error", error: { type: "rate_limit_error", ...error } }]).at(-1)).toEqual(expected);
  });

  test("has no end where its stream breaks off: the client is told that it is not whole", () => {
    for (let length = 0; length < streamOf([message("hello")]).length; length++) {
      const events = read(streamOf([message("hello")]).slice(0, length));
      expect(events.some(({ type }) => type === "end")).toBe(false);
    }
  });

  test("ends where the meter sees an end, and nowhere else", () => {
    const failed = { type: "response.failed", response: response([], { status: "failed", error: {} }) };
    const incomplete = { type: "response.incomplete", response: response([], { status: "incomplete" }) };
    const whole = streamOf([message("hello"), call("{}")]);
    const streams = [whole, whole.slice(0, -1), [...begun, failed], [...begun, incomplete], [], begun.slice(0, 1)];
    for (const stream of [...streams, [...begun, { type: "response.completed" }]]) {
      const meter = RESPONSES.streamMeter();
      for (const event of stream) meter.feed(new TextEncoder().encode(`data: ${JSON.stringify(event)}\n\n`));
      expect(read(stream).some(({ type }) => type === "end")).toBe(meter.end().complete);
    }
  });

  test("as a whole has the error, its status or that it is none", () => {
    const error = { code: "server_error", message: "broke" };
    expect(readWhole(response([], { status: "failed", error }))).toMatchObject({
      error: { status: 500, message: "broke" },
    });
    expect(readWhole({ error: { message: "no", type: "invalid_request_error" } })).toMatchObject({
      error: { status: 400 },
    });
    expect(readWhole({ choices: [] })).toMatchObject({ error: { status: 502 } });
    expect(readWhole(response([], { status: "in_progress" }))).toMatchObject({ error: { status: 502 } });
  });
});

describe("an answer", () => {
  test("is the same whole and streamed, one block open at a time", () => {
    fc.assert(
      fc.property(outputs, (items) => {
        const events = read(streamOf(items));
        expect(answerOf(events)).toEqual(readWhole(response(items)));
        let open = 0;
        for (const { type } of events) {
          if (type === "open") open++;
          if (type === "close") open--;
          expect(open === 0 || open === 1).toBe(true);
        }
        expect(events[0]?.type).toBe("start");
        expect(events.at(-1)?.type).toBe("end");
      }),
    );
  });

  test("is useless where it is completed and says nothing", () => {
    const { isUseless } = answerReader({ names: new Names(64), thinking: null });
    const completed = (items: Json[], more = {}) => response(items, more);
    const asEvent = (whole: Json) => JSON.stringify({ type: "response.completed", response: whole });
    for (const nothing of [[], [reasoning(["why"])], [message("")]]) {
      expect(isUseless?.(asEvent(completed(nothing)))).toBe(true);
      expect(isUseless?.(JSON.stringify(completed(nothing)))).toBe(true);
    }
    for (const something of [[message("a")], [call("{}")], [refused("no")], [search({ type: "search" })]]) {
      expect(isUseless?.(asEvent(completed(something)))).toBe(false);
    }
    expect(isUseless?.(asEvent(completed([], { status: "incomplete" })))).toBe(false);
    expect(isUseless?.("[DONE]")).toBe(false);
  });
});
