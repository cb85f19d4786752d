import { describe, expect, test } from "vitest";
import { collected } from "../../../src/protocols/translate/collect.ts";
import type { AnswerReader } from "../../../src/protocols/translate/halves.ts";
import type { HubAnswer, HubEvent } from "../../../src/protocols/translate/hub.ts";
import { enforceable, stoppingAt } from "../../../src/protocols/translate/stop-sequences.ts";
import { NO_USAGE } from "../../../src/vocabulary.ts";
import fc from "../../fast-check.ts";

const USAGE = { ...NO_USAGE, output: 9 };
const END: HubEvent = { type: "end", stopReason: "end_turn", stopSequence: null, usage: USAGE };
const TEXT: HubEvent = { type: "open", block: { type: "text", text: "" } };
const CLOSE: HubEvent = { type: "close" };
const delta = (text: string): HubEvent => ({ type: "delta", text });

/** A reader that takes the events themselves for what the upstream says. */
const PLAIN: AnswerReader = {
  whole: (answer) => answer as unknown as HubAnswer,
  stream: () => ({ read: (data) => [JSON.parse(data) as HubEvent], end: () => [] }),
};

function streamed(events: HubEvent[], ...sequences: string[]): HubEvent[] {
  const reader = stoppingAt(sequences, PLAIN).stream();
  return [...events.flatMap((event) => reader.read(JSON.stringify(event))), ...reader.end()];
}

const textsOf = (events: HubEvent[]) => events.map((event) => (event.type === "delta" ? event.text : "")).join("");

describe("a stop sequence that the upstream does not know", () => {
  test("ends the text where it begins, across any cut, and the usage of all that was written is kept", () => {
    const events = streamed([TEXT, delta("one S"), delta("TO"), delta("P two"), CLOSE, END], "STOP");
    expect(events).toEqual([TEXT, delta("one "), CLOSE, { ...END, stopReason: "stop_sequence", stopSequence: "STOP" }]);
  });

  test("leaves no empty block where the text begins with it", () => {
    const events = streamed([TEXT, delta("STOP and more"), CLOSE, END], "STOP");
    expect(events.map(({ type }) => type)).toEqual(["end"]);
  });

  test("lets a beginning of it go on once it is none, and what was held at the end of a block", () => {
    const passed = streamed([TEXT, delta("a ST"), delta("ART b S"), CLOSE, END], "STOP");
    expect(textsOf(passed)).toBe("a START b S");
    expect(passed.at(-1)).toEqual(END);
    expect(passed.filter(({ type }) => type === "open")).toHaveLength(1);
  });

  test("is not looked for in thinking or in arguments", () => {
    const thinking: HubEvent = { type: "open", block: { type: "thinking", thinking: "", signature: "" } };
    const call: HubEvent = { type: "open", block: { type: "tool_use", id: "1", name: "f", input: {} } };
    const events = [thinking, delta("STOP"), CLOSE, call, delta('{"a":"STOP"}'), CLOSE, END];
    expect(streamed(events, "STOP")).toEqual(events);
  });

  test("takes with it every block behind it, and an error still comes", () => {
    const call: HubEvent = { type: "open", block: { type: "tool_use", id: "1", name: "f", input: {} } };
    const error: HubEvent = { type: "error", error: { status: 500, category: "upstream", message: "broke" } };
    const events = streamed([TEXT, delta("a|b"), CLOSE, call, delta("{}"), CLOSE, error], "|");
    expect(events).toEqual([TEXT, delta("a"), CLOSE, error]);
  });

  test("keeps citations of a text that it has not ended", () => {
    const citation: HubEvent = { type: "citation", citation: { url: "https://a.example" } };
    expect(streamed([TEXT, delta("said"), citation, CLOSE, END], "STOP")).toEqual([
      ...[TEXT, delta("said"), citation, CLOSE, END],
    ]);
  });

  test("cuts a whole answer as it cuts a stream, wherever that is cut into pieces", () => {
    const pieces = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 4 }), { maxLength: 8 });
    const sequences = fc.array(fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 3 }), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(pieces, sequences, (texts, stops) => {
        const text = texts.join("");
        const content: HubAnswer["content"] = text === "" ? [] : [{ type: "text", text }];
        const answer = { id: "", content, stopReason: "end_turn", stopSequence: null, usage: USAGE } as const;
        const whole = stoppingAt(stops, PLAIN).whole(answer as unknown as Record<string, unknown>);
        const events = streamed([TEXT, ...texts.filter((each) => each !== "").map(delta), CLOSE, END], ...stops);
        const { content: inStream, ...rest } = collected(events) as HubAnswer;
        expect([rest.stopReason, rest.stopSequence]).toEqual([
          (whole as HubAnswer).stopReason,
          (whole as HubAnswer).stopSequence,
        ]);
        expect(inStream).toEqual((whole as HubAnswer).content);
      }),
      { numRuns: 500 },
    );
  });

  test("is given up where it is longer than any that is meant", () => {
    expect(enforceable(["a", "", "b".repeat(1001)])).toEqual(["a"]);
    expect(enforceable(Array.from({ length: 40 }, (_, index) => `s${index}`))).toHaveLength(16);
  });
});
