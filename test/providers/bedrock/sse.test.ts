/** Bedrock's stream becomes that of the Messages API, in any cut; what breaks it breaks the stream. */
import { describe, expect, test } from "vitest";
import { errorIn } from "../../../src/protocols/anthropic/errors.ts";
import { EventsOfFrames, toSse } from "../../../src/providers/bedrock/sse.ts";
import { chunkFrame, eventsOf, exceptionFrame, frame, joined, sseOf, streamFrames } from "./frames.ts";

function converted(pieces: readonly Uint8Array[]): string {
  const events = new EventsOfFrames();
  const text = pieces.map((piece) => events.push(piece)).join("");
  events.end();
  return text;
}

const TEXT = "Grüße, 世界 🌍 amazon-bedrock-invocationMetrics";

test("an answer's events are the API's own, without AWS' metrics", () => {
  expect(converted(streamFrames(TEXT))).toBe(sseOf(eventsOf(TEXT)));
});

test("wherever the stream is cut, the events are the same", () => {
  const stream = joined(streamFrames(TEXT));
  const whole = sseOf(eventsOf(TEXT));
  for (let at = 0; at <= stream.length; at++) {
    expect(converted([stream.slice(0, at), stream.slice(at)]), `cut at ${at}`).toBe(whole);
  }
  expect(converted([...stream].map((byte) => Uint8Array.of(byte)))).toBe(whole);
});

test("an event that is written in several lines, or with its type elsewhere, is one event all the same", () => {
  const event = { index: 0, type: "content_block_stop" };
  expect(converted([chunkFrame(JSON.stringify(event, null, 2))])).toBe(sseOf([event]));
  expect(converted([chunkFrame(event)])).toBe(sseOf([event]));
});

test("frames that say nothing of the answer are passed over", () => {
  const initial = frame({ ":event-type": "initial-response", ":message-type": "event" }, "{}");
  const bare = frame({ ":event-type": "chunk", ":message-type": "event" }, "no json");
  const typeless = chunkFrame({ completion: "x" });
  expect(converted([initial, bare, typeless, chunkFrame("no json"), chunkFrame("null")])).toBe("");
});

describe("an exception", () => {
  test.each([
    ["throttlingException", "rate_limit_error", 429],
    ["validationException", "invalid_request_error", 400],
    ["modelStreamErrorException", "api_error", 500],
    ["internalServerException", "api_error", 500],
    ["modelTimeoutException", "timeout_error", 504],
    ["serviceUnavailableException", "overloaded_error", 529],
    ["somethingNewException", "api_error", 500],
  ])("%s is the API's %s", (name, type, status) => {
    const text = converted([exceptionFrame(name, "Too many requests")]);
    const data = JSON.stringify({ type: "error", error: { type, message: "Too many requests" } });
    expect(text).toBe(`event: error\ndata: ${data}\n\n`);
    expect(errorIn(text)).toEqual({ status, body: data });
  });

  test("without a message is told by its type, and an error by its code", () => {
    expect(
      converted([frame({ ":message-type": "exception", ":exception-type": "throttlingException" }, "")]),
    ).toContain('"message":"throttlingException"');
    const headers = { ":message-type": "error", ":error-code": "InternalFailure", ":error-message": "failed" };
    expect(converted([frame(headers, "")])).toContain('{"type":"api_error","message":"failed"}');
  });

  test("is the last that is said", () => {
    const text = converted([exceptionFrame("throttlingException"), ...streamFrames("late"), Uint8Array.of(1)]);
    expect(text.match(/event:/g)).toHaveLength(1);
  });
});

describe("as a stream", () => {
  const source = (pieces: readonly Uint8Array[], fault?: Error) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of pieces) controller.enqueue(piece);
        if (fault) controller.error(fault);
        else controller.close();
      },
    });

  test("is read in bytes", async () => {
    expect(await new Response(toSse(source(streamFrames(TEXT)))).text()).toBe(sseOf(eventsOf(TEXT)));
  });

  test("ends with what it has where a frame is damaged, or ends in its middle, or its upstream breaks", async () => {
    const frames = streamFrames(TEXT);
    const damaged = joined(frames.slice(3));
    damaged[damaged.length - 20] = (damaged[damaged.length - 20] ?? 0) ^ 1;
    const beginning = frames.slice(0, 3);
    for (const broken of [
      source([...beginning, damaged]),
      source([...beginning, joined(frames.slice(3)).slice(0, 50)]),
    ]) {
      expect(await new Response(toSse(broken)).text()).toBe(sseOf(eventsOf(TEXT).slice(0, 3)));
    }
    const reset = new ReadableStream<Uint8Array>({
      pull(controller) {
        const frame = beginning.shift();
        if (frame) controller.enqueue(frame);
        else controller.error(new Error("reset"));
      },
    });
    expect(await new Response(toSse(reset)).text()).toBe(sseOf(eventsOf(TEXT).slice(0, 3)));
  });

  test("breaks where nothing has come of it", async () => {
    const [frame = new Uint8Array()] = streamFrames(TEXT);
    const damaged = frame.map((byte, at) => (at === 40 ? byte ^ 1 : byte));
    for (const broken of [source([damaged]), source([frame.slice(0, -1)]), source([], new Error("reset"))]) {
      await expect(new Response(toSse(broken)).text()).rejects.toThrow();
    }
  });

  test("lets go of its upstream when nobody reads it any more", async () => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(chunkFrame({ type: "ping" })),
      cancel: () => {
        cancelled = true;
      },
    });
    const reader = toSse(endless).getReader();
    await reader.read();
    await reader.cancel();
    await scheduler.wait(20);
    expect(cancelled).toBe(true);
  });
});
