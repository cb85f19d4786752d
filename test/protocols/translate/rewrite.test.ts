import { describe, expect, test } from "vitest";
import { askForUsage, WITHOUT_USAGE } from "../../../src/protocols/translate/chat-usage.ts";
import { UNWRAPPED, WRAPPED } from "../../../src/protocols/translate/code-assist.ts";
import { UnreadableStream } from "../../../src/protocols/translate/lane.ts";
import { type EventChange, EventRewriter } from "../../../src/protocols/translate/rewrite.ts";
import fc from "../../fast-check.ts";
import * as chat from "../../front/chat.ts";
import * as gemini from "../../front/gemini.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Rewrites a text that arrives in pieces of the given sizes (repeated). */
function rewritten(text: string, change: EventChange, sizes: number[]): string {
  const bytes = encode(text);
  const rewriter = new EventRewriter(change);
  const pieces: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    pieces.push(rewriter.push(bytes.subarray(at, at + size)));
    at += size;
  }
  return [...pieces, rewriter.end()].map(decode).join("");
}

const UNCHANGED: EventChange = { whole: (event) => event, around: () => null };
const cuts = fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1 });

describe("event by event, from any cut", () => {
  test("what changes nothing passes every byte", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), cuts, (text, sizes) => {
        expect(rewritten(text, UNCHANGED, sizes)).toBe(decode(encode(text)));
      }),
    );
  });

  test("Code Assist's envelope is put around each event", () => {
    const words = ["Hello ", "$& 你好 🚀"];
    fc.assert(
      fc.property(cuts, (sizes) => {
        const wrapped = rewritten(gemini.streamOf(words).join(""), WRAPPED, sizes);
        const events = wrapped.split("\r\n\r\n").filter(Boolean);
        expect(events.map((event) => JSON.parse(event.slice(6)))).toEqual(
          gemini.chunksOf(words).map((response) => ({ response })),
        );
      }),
    );
  });

  test("and is taken off again, with whatever else stands in it", () => {
    const answers = gemini.chunksOf(["Hello ", '$& 你好 🚀 {"response":{}} "}']).map((chunk) => JSON.stringify(chunk));
    const forms = [
      (answer: string) => `{"response":${answer}}`,
      (answer: string) => `{ "response" : ${answer} ,"traceId":"t}\\"{", "remainingCredits":[{"a":1}] }`,
      (answer: string) => `{"traceId":"t","response":${answer}}`,
      (answer: string) => answer,
    ];
    fc.assert(
      fc.property(cuts, fc.constantFrom("\n", "\r\n"), (sizes, end) => {
        for (const form of forms) {
          const stream = answers.map((answer) => `data: ${form(answer)}${end}${end}`).join("");
          const bare = answers.map((answer) => `data: ${answer}${end}${end}`).join("");
          expect(rewritten(stream, UNWRAPPED, sizes)).toBe(bare);
        }
      }),
    );
  });

  test("the usage chunk nobody asked for is dropped, all else stays", () => {
    const whole = chat.streamOf(["a", "b"]);
    const without = whole.filter((event) => !event.includes('"choices":[]')).join("");
    fc.assert(
      fc.property(cuts, (sizes) => {
        expect(rewritten(whole.join(""), WITHOUT_USAGE, sizes)).toBe(without);
      }),
    );
  });
});

describe("an event of many megabytes", () => {
  const picture = "iVBORw0KGgo".repeat(20_000);
  const long = { candidates: [{ content: { parts: [{ inlineData: { data: picture } }] } }], usageMetadata: { a: 1 } };
  const short = { candidates: [{ content: { parts: [{ text: "done" }] } }] };

  test.each([
    ["LF", "\n"],
    ["CRLF", "\r\n"],
  ])("is wrapped as a short one is, from any cut, with %s", (_, end) => {
    const stream = [short, long, short, long].map((data) => `id: 1${end}data: ${JSON.stringify(data)}${end}${end}`);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50_000 }), { minLength: 1, maxLength: 8 }), (sizes) => {
        // A cut of a few bytes throughout would take a minute to build, and shows nothing more.
        const spread = [...sizes, 30_000];
        const events = rewritten(stream.join(""), WRAPPED, spread).split(`${end}${end}`);
        expect(events.pop()).toBe("");
        const read = events.map((event) => JSON.parse(event.slice(event.indexOf("data: ") + 6)) as unknown);
        expect(read).toEqual([short, long, short, long].map((response) => ({ response })));
      }),
      { numRuns: 30 },
    );
  });

  test("is taken out of its envelope, whose end must be known, once it is whole", () => {
    const stream = [short, long].map((answer) => `data: ${JSON.stringify({ response: answer, traceId: "t" })}\n\n`);
    const bare = [short, long].map((answer) => `data: ${JSON.stringify(answer)}\n\n`).join("");
    expect(rewritten(stream.join(""), UNWRAPPED, [30_000])).toBe(bare);
  });

  test("that never ends is given up when it is longer than any model's", () => {
    const rewriter = new EventRewriter(UNWRAPPED);
    const piece = encode("x".repeat(8 * 1024 * 1024));
    rewriter.push(encode('data: {"response":{"a":"'));
    for (let pieces = 0; pieces < 2; pieces++) expect(rewriter.push(piece)).toHaveLength(0);
    expect(() => rewriter.push(piece)).toThrow(UnreadableStream);
  });

  test("goes on to the client while it arrives: no more than one event of ordinary length is held", () => {
    const rewriter = new EventRewriter(WRAPPED);
    const bytes = encode(`data: {"data":"${"QUJD".repeat(4 * 1024 * 1024)}"}\n\n`);
    let given = 0;
    let mostHeld = 0;
    for (let at = 0; at < bytes.length; at += 16_384) {
      given += rewriter.push(bytes.subarray(at, at + 16_384)).length;
      mostHeld = Math.max(mostHeld, Math.min(bytes.length, at + 16_384) - given);
    }
    expect(given + rewriter.end().length).toBe(bytes.length + '{"response":}'.length);
    expect(mostHeld).toBeLessThanOrEqual(80 * 1024);
  });

  test("an error stays an error, and an event without data passes as it is", () => {
    const error = `data: {"error":{"message":"${picture}"}}\n\n`;
    expect(rewritten(error, WRAPPED, [10_000])).toBe(error);
    const comment = `: ${picture}\n\n`;
    expect(rewritten(comment + comment, WRAPPED, [999, 70_000])).toBe(comment + comment);
  });
});

describe("asking for usage", () => {
  test.each([
    ['{"model":"m","messages":[]}', { include_usage: true }],
    [' \n{ "stream":true}', { include_usage: true }],
    ['{"stream_options":{"include_obfuscation":false},"a":1}', { include_obfuscation: false, include_usage: true }],
    ['{"a":1,"stream_options":null}', { include_usage: true }],
  ])("%s", (body, expected) => {
    const { stream_options: asked, ...rest } = JSON.parse(decode(askForUsage(encode(body))));
    const { stream_options: _, ...before } = JSON.parse(body);
    expect(asked).toEqual(expected);
    expect(rest).toEqual(before);
  });
});

test.each([
  ["WRAPPED", WRAPPED],
  ["UNWRAPPED", UNWRAPPED],
])("an error event stays an error: %s", (_, change) => {
  const error = gemini.event(gemini.errorOf(503, "UNAVAILABLE", "broke"));
  expect(change.whole(error)).toBe(error);
});
