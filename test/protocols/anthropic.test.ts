import { describe, expect, test } from "vitest";
import { ANTHROPIC } from "../../src/protocols/anthropic/format.ts";
import { NO_USAGE } from "../../src/vocabulary.ts";
import fc from "../fast-check.ts";
import { event, streamOf, USED } from "../front/messages.ts";

const { errorIn, readWhole, streamMeter } = ANTHROPIC;

const ALL = { ...NO_USAGE, input: 12, cacheWrite5m: 10, cacheWrite1h: 20, cacheRead: 40, output: 57 };

/** Meters a text, cut into pieces of the given sizes (repeated). */
function meter(text: string, sizes: number[] = [Number.MAX_SAFE_INTEGER]) {
  const bytes = new TextEncoder().encode(text);
  const reader = streamMeter();
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    reader.feed(bytes.subarray(at, at + size));
    at += size;
  }
  return reader.end();
}

describe("stream", () => {
  const whole = streamOf(["Hello, ", "wörld 🚀", " 你好"]).join("");

  test("reads every kind of token from a whole stream", () => {
    expect(meter(whole)).toEqual({ usage: ALL, mode: "standard", complete: true, errored: false, estimated: false });
  });

  test("reads the same from any cut, with LF or CRLF", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), fc.boolean(), (sizes, crlf) => {
        expect(meter(crlf ? whole.replaceAll("\n", "\r\n") : whole, sizes)).toEqual(meter(whole));
      }),
    );
  });

  test("cut short anywhere, it never claims to be complete, and keeps the input", () => {
    const end = whole.indexOf("event: message_delta");
    for (let at = whole.indexOf("\n\n") + 2; at < end; at += 7) {
      const reading = meter(whole.slice(0, at));
      expect(reading).toMatchObject({ complete: false, estimated: true });
      expect(reading.usage).toMatchObject({ ...ALL, output: reading.usage.output });
    }
  });

  test("estimates output at four characters a token, thinking and tool input included", () => {
    const delta = (type: string, field: string, value: string) =>
      `data: ${JSON.stringify({ type: "content_block_delta", index: 0, delta: { type, [field]: value } })}\n\n`;
    const text =
      streamOf([]).slice(0, 2).join("") +
      delta("thinking_delta", "thinking", "x".repeat(400)) +
      delta("signature_delta", "signature", "s".repeat(4000)) +
      delta("text_delta", "text", "y".repeat(200)) +
      delta("input_json_delta", "partial_json", "z".repeat(200));
    expect(meter(text).usage.output).toBe(200);
  });

  test("takes a stop reason for the end where the last frame is lost", () => {
    expect(meter(whole.slice(0, whole.indexOf("event: message_stop")))).toMatchObject({ complete: true, usage: ALL });
  });

  const cached = (start: object, end: object) =>
    meter(
      event({ type: "message_start", message: { usage: { input_tokens: 12, output_tokens: 1, ...start } } }) +
        event({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 57, ...end } }) +
        event({ type: "message_stop" }),
    ).usage;
  const hour = { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 30 };

  test("a one-hour cache write is counted once, though the last event repeats it as a bare sum", () => {
    const start = { cache_creation_input_tokens: 30, cache_creation: hour };
    expect(cached(start, { cache_creation_input_tokens: 30 })).toMatchObject({ cacheWrite5m: 0, cacheWrite1h: 30 });
  });

  test("what a later sum adds to one-hour writes was written for an hour too", () => {
    const start = { cache_creation_input_tokens: 30, cache_creation: hour };
    expect(cached(start, { cache_creation_input_tokens: 50 })).toMatchObject({ cacheWrite5m: 0, cacheWrite1h: 50 });
  });

  test("a sum that was never divided is of five-minute writes", () => {
    expect(cached({}, { cache_creation_input_tokens: 50 })).toMatchObject({ cacheWrite5m: 50, cacheWrite1h: 0 });
  });

  test("a stop without final usage does not book the first event's output as exact", () => {
    const unsaid = streamOf(["x".repeat(400)])
      .join("")
      .replace(/,"usage":\{[^{}]*\}\}\n\nevent: message_stop/, "}\n\nevent: message_stop");
    expect(unsaid).not.toContain('"output_tokens":57');
    expect(meter(unsaid)).toMatchObject({ complete: true, estimated: true, usage: { ...ALL, output: 100 } });
  });

  test("understands spaced JSON, missing event lines and a final line without an end", () => {
    const spaced = whole
      .split("\n")
      .filter((line) => line.startsWith("data:"))
      .map((line) => `data:${JSON.stringify(JSON.parse(line.slice(5)), null, 1).replaceAll("\n", "")}`)
      .join("\n\n");
    expect(meter(spaced)).toMatchObject({ complete: true, usage: ALL });
  });

  test("takes input from the last event where the first had none, as translating upstreams do", () => {
    const late = whole.replace('"input_tokens":12', '"input_tokens":0');
    expect(meter(late).usage.input).toBe(12);
  });

  test("an error event is seen, and is no completion", () => {
    const broken = `${streamOf([])[0]}event: error\ndata: {"type":"error","error":{"type":"overloaded_error"}}\n\n`;
    expect(meter(broken)).toMatchObject({ errored: true, complete: false });
  });

  test("reports fast and priority modes, and web searches", () => {
    const fast = whole.replaceAll('"output_tokens":57', '"output_tokens":57,"speed":"fast"');
    expect(meter(fast).mode).toBe("fast");
    const searched = whole.replaceAll(
      '"output_tokens":57',
      '"output_tokens":57,"server_tool_use":{"web_search_requests":3}',
    );
    expect(meter(searched).usage.webSearches).toBe(3);
  });

  test("garbage is no usage and no completion", () => {
    expect(meter("data: {broken\n\ndata: 5\n\ndata: null\n\n: comment\n\n")).toMatchObject({ complete: false });
  });
});

describe("whole answer", () => {
  test("reads every kind of token", () => {
    expect(readWhole({ usage: USED }).usage).toEqual(ALL);
  });

  test("cache writes without a breakdown count as five-minute ones", () => {
    const usage = { input_tokens: 1, output_tokens: 2, cache_creation_input_tokens: 30 };
    expect(readWhole({ usage }).usage).toMatchObject({ cacheWrite5m: 30, cacheWrite1h: 0 });
  });

  test("a missing usage is said to be an estimate", () => {
    expect(readWhole({})).toMatchObject({ estimated: true, usage: { output: 0 } });
  });

  test("negative, fractional and textual counts are not believed", () => {
    expect(
      readWhole({ usage: { input_tokens: -5, output_tokens: 1.5, cache_read_input_tokens: "7" } }).usage,
    ).toMatchObject({
      input: 0,
      output: 0,
      cacheRead: 0,
    });
  });
});

describe("errors in disguise", () => {
  test.each([
    ['event: error\ndata: {"type":"error","error":{"type":"overloaded_error"}}\n\n', 529],
    ['data: {"type":"error","error":{"type":"rate_limit_error"}}\n\n', 429],
    ['{"type":"error","error":{"type":"invalid_request_error"}}', 400],
    ['{"type":"error","error":{"type":"something_new"}}', 500],
  ])("%s is %i", (text, status) => {
    expect(errorIn(text)?.status).toBe(status);
  });

  test.each([streamOf([])[0] ?? "", '{"type":"message"}', 'event: ping\ndata: {"type":"ping"}\n\n', ": hi\n\n", ""])(
    "%s is none",
    (text) => {
      expect(errorIn(text)).toBeNull();
    },
  );
});
