import { describe, expect, test } from "vitest";
import { askForUsage, WITHOUT_USAGE } from "../../../src/protocols/translate/chat-usage.ts";
import { unwrapRequest, WRAPPED, wrapAnswer } from "../../../src/protocols/translate/code-assist.ts";
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

describe("Code Assist's request", () => {
  const unwrapped = (inner: string) => {
    const body = encode(`{"request":${inner},"project":"p"}`);
    return unwrapRequest(body, { start: 11, end: 11 + encode(inner).length });
  };

  test("is taken out of its envelope, without what the API does not know", () => {
    const inner = unwrapped('{ "session_id":"s1",\n"contents" : [{"role":"user"}] , "model":"models/x","x":1.0}');
    expect(inner?.session).toBe("s1");
    expect(decode(inner?.body ?? new Uint8Array())).toBe('{"contents" : [{"role":"user"}],"x":1.0}');
    expect(decode(unwrapped('{"model":"m"}')?.body ?? new Uint8Array())).toBe("{}");
    expect(unwrapped('"no object"')).toBeNull();
  });

  test("is the same JSON, whatever its members are", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (members, session) => {
        const { model: _, session_id: __, ...rest } = members;
        const inner = unwrapped(JSON.stringify({ ...members, session_id: session, model: 1 }));
        expect(JSON.parse(decode(inner?.body ?? new Uint8Array()))).toEqual(JSON.parse(JSON.stringify(rest)));
        expect(inner?.session).toBe(typeof session === "string" ? session : null);
      }),
    );
  });

  test("its whole answer is wrapped byte for byte", () => {
    const answer = gemini.wholeContent("héllo");
    expect(decode(wrapAnswer(encode(answer)))).toBe(`{"response":${answer}}`);
  });

  test("an error event stays an error", () => {
    const error = gemini.event(gemini.errorOf(503, "UNAVAILABLE", "broke"));
    expect(WRAPPED.whole(error)).toBe(error);
  });
});
