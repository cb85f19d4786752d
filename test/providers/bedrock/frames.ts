/** Frames of AWS's event stream, as Bedrock writes them. event-stream.test.ts compares this writer with AWS's published frames. */
import { crc32 } from "node:zlib";

const encoder = new TextEncoder();
const TEXT = 7;

/** A message with headers of text. */
export function frame(headers: Readonly<Record<string, string>>, payload: Uint8Array | string): Uint8Array {
  const body = typeof payload === "string" ? encoder.encode(payload) : payload;
  const written = Object.entries(headers).flatMap(([name, value]) => {
    const [key, text] = [encoder.encode(name), encoder.encode(value)];
    return [key.length, ...key, TEXT, text.length >> 8, text.length & 255, ...text];
  });
  const bytes = new Uint8Array(16 + written.length + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length);
  view.setUint32(4, written.length);
  view.setUint32(8, crc32(bytes.subarray(0, 8)));
  bytes.set(written, 12);
  bytes.set(body, 12 + written.length);
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)));
  return bytes;
}

const JSON_HEADERS = { ":content-type": "application/json" };

/** An event of the Messages API. `p` is padding, so that lengths reveal less. */
export function chunkFrame(event: object | string): Uint8Array {
  const json = typeof event === "string" ? event : JSON.stringify(event);
  const payload = JSON.stringify({ bytes: Buffer.from(json).toString("base64"), p: "abcdefghijk" });
  return frame({ ":event-type": "chunk", ...JSON_HEADERS, ":message-type": "event" }, payload);
}

export function exceptionFrame(type: string, message = "words"): Uint8Array {
  const headers = { ":exception-type": type, ...JSON_HEADERS, ":message-type": "exception" };
  return frame(headers, JSON.stringify({ message }));
}

export const METRICS = {
  inputTokenCount: 12,
  outputTokenCount: 5,
  invocationLatency: 880,
  firstByteLatency: 402,
  cacheReadInputTokenCount: 7,
  cacheWriteInputTokenCount: 3,
};

const START = {
  type: "message_start",
  message: {
    id: "msg_bdrk_01Test",
    type: "message",
    role: "assistant",
    model: "claude-sonnet-4-5-20250929",
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 12, cache_creation_input_tokens: 3, cache_read_input_tokens: 7, output_tokens: 1 },
  },
};

/** An answer in the API's form: what the client should get of `streamFrames`. */
export function eventsOf(text: string): object[] {
  return [
    START,
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text } },
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 5 } },
    { type: "message_stop" },
  ];
}

export function streamFrames(text: string): Uint8Array[] {
  return eventsOf(text).map((event) =>
    chunkFrame("type" in event && event.type === "message_stop" ? { ...event, [METRICS_NAME]: METRICS } : event),
  );
}

const METRICS_NAME = "amazon-bedrock-invocationMetrics";

export function sseOf(events: readonly object[]): string {
  return events
    .map((event) => `event: ${"type" in event ? event.type : ""}\ndata: ${JSON.stringify(event)}\n\n`)
    .join("");
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}
