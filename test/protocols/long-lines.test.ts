/**
 * One line of 16 MB, as a picture comes in: what reading it costs is counted, not timed, and what is kept of it is
 * bounded. Whatever is searched or cut counts with all its characters, since a string made of pieces is copied whole first.
 */

import { describe, expect, test } from "vitest";
import * as gemini from "../../src/protocols/gemini/usage.ts";
import { ArrayElements } from "../../src/protocols/json-array.ts";
import { LongText } from "../../src/protocols/long-text.ts";
import * as responses from "../../src/protocols/responses/usage.ts";
import { DataLines } from "../../src/protocols/sse.ts";
import { WRAPPED } from "../../src/protocols/translate/code-assist.ts";
import { EventRewriter } from "../../src/protocols/translate/rewrite.ts";
import fc from "../fast-check.ts";

const MEGABYTE = 1024 * 1024;
const PIECE = 4 * 1024;

const SEARCHES = ["indexOf", "includes", "slice", "startsWith", "matchAll", "match"] as const;

/** Characters handed to the engine's own string functions during `work`. */
function charactersTouched(work: () => void): number {
  let touched = 0;
  const prototype: object = String.prototype;
  const before = SEARCHES.map((name) => [name, Object.getOwnPropertyDescriptor(prototype, name)] as const);
  for (const [name, { value: real } = {}] of before) {
    const value = function (this: string, ...parameters: unknown[]) {
      touched += this.length;
      return Reflect.apply(real, this, parameters);
    };
    Object.defineProperty(prototype, name, { value, configurable: true, writable: true });
  }
  try {
    work();
  } finally {
    for (const [name, descriptor = {}] of before) Object.defineProperty(prototype, name, descriptor);
  }
  return touched;
}

function inPieces(bytes: Uint8Array, feed: (piece: Uint8Array) => unknown): void {
  for (let at = 0; at < bytes.length; at += PIECE) feed(bytes.subarray(at, at + PIECE));
}

const encode = (text: string) => new TextEncoder().encode(text);
const picture = (megabytes: number) => "QUJD".repeat((megabytes * MEGABYTE) / 4);
const chunk = (data: string) =>
  JSON.stringify({
    candidates: [{ content: { parts: [{ inlineData: { mimeType: "image/png", data } }] }, finishReason: "STOP" }],
    usageMetadata: { promptTokenCount: 7, candidatesTokenCount: 1290 },
  });

describe("the work on one long line grows with its length", () => {
  const readers: [string, (text: string) => string, () => { feed: (piece: Uint8Array) => unknown }][] = [
    ["events", (text) => `data: ${text}\n\n`, () => new DataLines(() => {})],
    ["a JSON array", (text) => `[${text}]`, () => new ArrayElements(() => {})],
    [
      "events that are rewritten",
      (text) => `data: ${text}\n\n`,
      () => {
        const rewriter = new EventRewriter(WRAPPED);
        return { feed: (piece) => rewriter.push(piece) };
      },
    ],
  ];
  test.each(readers)("%s", (_, framed, make) => {
    const cost = (megabytes: number) => {
      const bytes = encode(framed(chunk(picture(megabytes))));
      const reader = make();
      return charactersTouched(() => inPieces(bytes, (piece) => reader.feed(piece))) / bytes.length;
    };
    // Each character is looked at a handful of times, whether it is one of a million or of sixteen.
    expect(cost(16)).toBeLessThan(10);
    expect(cost(16)).toBeLessThan(cost(1) * 1.5);
  });
});

describe("what is kept of one long line", () => {
  test.each([
    ["events", (text: string) => `data: ${text}\r\n\r\n`],
    ["a JSON array", (text: string) => `[${text}\n,\r\n${text}]`],
  ])("is bounded, and its usage is read all the same: %s", (_, framed) => {
    const bytes = encode(framed(chunk(picture(16))));
    const kept: number[] = [];
    const reader = framed("").startsWith("[")
      ? new ArrayElements((text) => kept.push(text.length))
      : new DataLines((data) => kept.push(data.length));
    inPieces(bytes, (piece) => reader.feed(piece));
    reader.end();
    expect(kept.length).toBeGreaterThanOrEqual(1);
    for (const length of kept) expect(length).toBeLessThan(128 * 1024);

    const meter = gemini.streamMeter();
    inPieces(bytes, (piece) => meter.feed(piece));
    expect(meter.end()).toMatchObject({ usage: { input: 7, output: 1290 }, complete: true, estimated: false });
  });

  test("a Responses answer with its pictures in the last event is booked as reported", () => {
    const output = [{ type: "image_generation_call", result: picture(16) }];
    const usage = { input_tokens: 11, output_tokens: 4160, input_tokens_details: {}, output_tokens_details: {} };
    const event = { type: "response.completed", response: { output, usage } };
    const meter = responses.streamMeter();
    inPieces(encode(`data: ${JSON.stringify(event)}\n\n`), (piece) => meter.feed(piece));
    expect(meter.end()).toMatchObject({ usage: { input: 11, output: 4160 }, complete: true, estimated: false });
  });

  test("a line that stays long without its strings is given up, and the next is read", () => {
    const seen: string[] = [];
    const lines = new DataLines((data) => seen.push(data));
    inPieces(encode(`data: [${'"a",'.repeat(3 * MEGABYTE)}1]\ndata: next\n`), (piece) => lines.feed(piece));
    expect(seen).toEqual([" next"]);
  });
});

test("a shortened line is the same JSON but for what is missing inside its strings, from any cut", () => {
  const long = fc.constantFrom("QUJD", '\\"x', "\\\\", "\\n", "ü", "🚀", "a b");
  fc.assert(
    fc.property(fc.array(long, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 3_000 }), (parts, size) => {
      const value = parts.map((part) => part.repeat(60_000 / part.length)).join('","');
      const text = `{"first":["${value}"],"last":{"usage":12}}`;
      const whole = JSON.parse(text) as { first: string[] };
      const line = new LongText();
      for (let at = 0; at < text.length; at += size) line.add(text.slice(at, at + size));
      const read = JSON.parse(line.take()) as { first: string[]; last: unknown };
      expect(read.last).toEqual({ usage: 12 });
      expect(read.first.length).toBe(whole.first.length);
      expect(line.isEmpty).toBe(true);
    }),
    { numRuns: 60 },
  );
});
