/** Clients of other formats on a Chat upstream: what they see of its streams. */

import { describe, expect, test } from "vitest";
import { streamMeter } from "../../../../src/protocols/chat/usage.ts";
import type { Json } from "../../../../src/protocols/translate/hub.ts";
import type { OpenLane } from "../../../../src/protocols/translate/lane.ts";
import { laneFor } from "../../../../src/protocols/translate/lane-for.ts";
import type { Protocol } from "../../../../src/protocols/wire.ts";
import fc from "../../../fast-check.ts";
import { laneRequest, open } from "../requests.ts";
import { messagesViolations } from "../validators/messages.ts";
import { responsesViolations } from "../validators/responses.ts";
import { chunk, delta, finished, USAGE } from "./streams.ts";

const TOOL = { name: "Read", input_schema: { type: "object", properties: {} } };
const ASKING: Record<string, Json> = {
  anthropic: {
    model: "asked",
    max_tokens: 100,
    messages: [{ role: "user", content: "hello" }],
    thinking: { type: "adaptive" },
    tools: [TOOL],
    stream: true,
  },
  responses: { model: "asked", input: "hello", stream: true },
};
const VIOLATIONS: Record<string, (text: string) => string[]> = {
  anthropic: messagesViolations,
  responses: responsesViolations,
};

function laneOf(protocol: Protocol): OpenLane {
  const lane = laneFor({ protocol, envelope: null, usageUnasked: false, task: "answer" }, "chat");
  if (!lane) throw new Error(`no lane from ${protocol}`);
  return open(lane, laneRequest(ASKING[protocol] ?? {}, { stream: true }));
}

const encode = (text: string) => new TextEncoder().encode(text);

/** What the client is sent of the upstream's bytes, which come in pieces of the given sizes. */
function sent(protocol: Protocol, stream: Uint8Array, sizes: readonly number[]): { text: string; finished: boolean } {
  const stage = laneOf(protocol).answer.stage();
  if (!stage?.own) throw new Error("no translation");
  const decoder = new TextDecoder();
  let text = "";
  for (let at = 0, turn = 0; at < stream.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    text += decoder.decode(stage.push(stream.subarray(at, at + size)), { stream: true });
    at += size;
  }
  text += decoder.decode(stage.end());
  const { finished } = stage.own;
  return { text: finished() ? text : text + decoder.decode(stage.own.broken("It broke off.")), finished: finished() };
}

const words = fc.oneof(fc.string({ unit: "grapheme", maxLength: 20 }), fc.constantFrom("\n", "data: x\n\n", "[DONE]"));
const prose: fc.Arbitrary<string> = fc.oneof(
  words.map((content) => delta({ content })),
  words.map((reasoning) => delta({ reasoning })),
  words.map((refusal) => delta({ refusal })),
  words.map((text) => delta({ reasoning_details: [{ type: "reasoning.text", text, signature: "s" }] })),
  fc.constant(delta({ annotations: [{ type: "url_citation", url_citation: { url: "https://a.test", title: "A" } }] })),
  fc.constant(JSON.stringify({ id: "", choices: [], prompt_filter_results: [] })),
);

const called = (fields: object) => delta({ tool_calls: [fields] });

/** The chunks of one call: its name with its id, or before it; its arguments in as many pieces as it likes. */
function callAt(index: number): fc.Arbitrary<string[]> {
  const naming = fc.record({
    id: fc.constantFrom("call_a", "call_b", "functions.Read:0", undefined),
    name: fc.constantFrom("Read", "constructor"),
    isLate: fc.boolean(),
    input: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }),
    size: fc.integer({ min: 1, max: 30 }),
  });
  return naming.map(({ id, name, isLate, input, size }) => {
    const json = JSON.stringify(input);
    const pieces = Array.from({ length: Math.ceil(json.length / size) }, (_, at) =>
      json.slice(at * size, (at + 1) * size),
    );
    const named = called({ index, id, type: "function", function: { name, arguments: "" } });
    const more = pieces.map((piece) => called({ index, function: { arguments: piece } }));
    return isLate ? [...more, named] : [named, ...more];
  });
}

/** Several lists as one, each in its own order. */
function interleaved(lists: string[][], turns: number[]): string[] {
  const left = lists.map((list) => [...list]).filter(({ length }) => length > 0);
  const all: string[] = [];
  for (let at = 0; left.length > 0; at++) {
    const turn = (turns[at % turns.length] ?? 0) % left.length;
    const next = left[turn]?.shift();
    if (next !== undefined) all.push(next);
    if (left[turn]?.length === 0) left.splice(turn, 1);
  }
  return all;
}

const parts: fc.Arbitrary<string[]> = fc
  .tuple(
    fc.array(prose, { maxLength: 8 }),
    fc.oneof(fc.constant<string[]>([]), callAt(0)),
    fc.oneof(fc.constant<string[]>([]), callAt(1)),
    fc.array(fc.nat(9), { minLength: 1, maxLength: 9 }),
  )
  .map(([said, first, second, turns]) => interleaved([said, first, second], turns));
const endings: string[][] = [
  ...["stop", "length", "tool_calls", "content_filter", "error"].map(finished),
  [chunk({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }], usage: USAGE })],
  ['{"error":{"message":"Overloaded","code":503}}'],
  ["[DONE]"],
  [],
];
const last = fc.constantFrom(...endings);
const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 });
const LINES = fc.constantFrom("\n", "\r\n");

describe.each(["anthropic", "responses"] as const)("a client of %s", (protocol) => {
  const violations = VIOLATIONS[protocol] ?? (() => []);

  test("gets a well-formed stream of whatever a Chat upstream sends, in any cut, and its end where the meter sees one", () => {
    fc.assert(
      fc.property(parts, last, sizes, LINES, (pieces, end, cut, line) => {
        const stream = encode([...pieces, ...end].map((data) => `data: ${data}${line}${line}`).join(""));
        const { text, finished } = sent(protocol, stream, cut);
        expect(violations(text)).toEqual([]);
        const meter = streamMeter();
        meter.feed(stream);
        expect(finished).toBe(meter.end().complete);
      }),
      { numRuns: 150 },
    );
  });

  test("gets the same of a stream in every cut", () => {
    const pieces = [delta({ reasoning: "Hm" }), delta({ content: "Es ist 🚀 schön" }), ...finished("stop")];
    const stream = encode(pieces.map((data) => `data: ${data}\n\n`).join(""));
    const whole = sent(protocol, stream, [stream.length]).text;
    for (let size = 1; size < 40; size++) expect(sent(protocol, stream, [size]).text).toBe(whole);
  });
});

test("a client of Messages gets a call of Chat's while it is still told", () => {
  const stage = laneOf("anthropic").answer.stage();
  const push = (data: string) => new TextDecoder().decode(stage?.push(encode(`data: ${data}\n\n`)));
  const named = delta({ tool_calls: [{ index: 0, id: "call_1", function: { name: "Read", arguments: "" } }] });
  expect(push(named)).toContain('"type":"tool_use"');
  const more = (args: string) => delta({ tool_calls: [{ index: 0, function: { arguments: args } }] });
  expect(push(more('{"pa'))).toContain('"partial_json":"{\\"pa"');
  expect(push(more('th":1}'))).toContain('"partial_json":"th\\":1}"');
});
