import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { askForUsage, withoutUsage } from "../../src/relay/asked-usage.ts";
import { unwrapRequest, wrapAnswer, wrapEvent } from "../../src/relay/code-assist.ts";
import { EventRewriter } from "../../src/relay/rewrite.ts";
import * as chat from "../front/chat.ts";
import * as gemini from "../front/gemini.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Rewrites a text that arrives in pieces of the given sizes (repeated). */
function rewritten(text: string, change: (event: string) => string, sizes: number[]): string {
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

const cuts = fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1 });

describe("event by event, from any cut", () => {
  test("what changes nothing passes every byte", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), cuts, (text, sizes) => {
        expect(rewritten(text, (event) => event, sizes)).toBe(decode(encode(text)));
      }),
    );
  });

  test("Code Assist's envelope is put around each event", () => {
    const words = ["Hello ", "$& 你好 🚀"];
    fc.assert(
      fc.property(cuts, (sizes) => {
        const wrapped = rewritten(gemini.streamOf(words).join(""), wrapEvent, sizes);
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
        expect(rewritten(whole.join(""), withoutUsage, sizes)).toBe(without);
      }),
    );
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
  test("is taken out of its envelope, without what the API does not know", () => {
    const inner = { contents: [{ role: "user" }], session_id: "s1", model: "models/x" };
    const unwrapped = unwrapRequest(inner);
    expect(unwrapped?.session).toBe("s1");
    expect(JSON.parse(decode(unwrapped?.body ?? new Uint8Array()))).toEqual({ contents: [{ role: "user" }] });
    expect(unwrapRequest("no object")).toBeNull();
  });

  test("its whole answer is wrapped byte for byte", () => {
    const answer = gemini.wholeContent("héllo");
    expect(decode(wrapAnswer(encode(answer)))).toBe(`{"response":${answer}}`);
  });

  test("an error event stays an error", () => {
    const error = gemini.event(gemini.errorOf(503, "UNAVAILABLE", "broke"));
    expect(wrapEvent(error)).toBe(error);
  });
});
