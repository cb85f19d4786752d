/**
 * The provider behind both Workers, a process of its own: `fork(upstream.ts)`, and its first message is its port. The client's name, which
 * every Worker passes on, says what to answer. The request's body is read and ignored.
 *
 *   events=300                a stream of that many events, each a chunk of its own, at full speed, in the format of the path
 *   events=80&pause=100       the same with a pause in milliseconds before each event but the first
 *   bytes=1000000&pause=10    a stream of about that size in pieces of 4 kB
 *   (nothing)                 one JSON answer
 */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { chunkFrame } from "../../test/providers/bedrock/frames.ts";
import { WISH } from "./load.ts";
import { CLOSING_EVENTS, deltaEvent, OPENING_EVENTS, WHOLE_ANSWER } from "./messages.ts";
import { wireStream } from "./wires.ts";

const EVENTS_MAX = 10_000;
const BYTES_MAX = 64_000_000;
const EVENTS_IN_PIECE = 32;
/**
 * A model thinks between the first event and the second. Without this pause, the flood of the rest would occupy both cores of a small
 * machine, and the client that waits for the first byte would measure that instead of the Worker.
 */
const THINKING_MS = 3;

const encoder = new TextEncoder();
const opening = OPENING_EVENTS.map((event) => encoder.encode(event));
const closing = CLOSING_EVENTS.map((event) => encoder.encode(event));
const deltas = Array.from({ length: EVENTS_MAX }, (_, index) => encoder.encode(deltaEvent(index)));
const piece = Buffer.concat(deltas.slice(0, EVENTS_IN_PIECE));
const whole = encoder.encode(WHOLE_ANSWER);

const server = createServer((request, response) => {
  request.resume().once("end", () => {
    const { pathname } = new URL(request.url ?? "/", "http://upstream");
    const query = new URLSearchParams(WISH.exec(request.headers["user-agent"] ?? "")?.[0] ?? "");
    const number = (name: string, most: number) => Math.min(Number(query.get(name) ?? 0), most);
    const chunks = chunksOf(pathname, number("events", EVENTS_MAX), number("bytes", BYTES_MAX));
    const [sent, type] = pathname.startsWith("/model/") ? [framed(chunks), FRAMES] : [chunks, EVENTS];
    void answer(response, sent, type, number("pause", 10_000));
  });
});
// Longer than any pause of the benchmark: if a connection closed in between, a new one would be measured.
server.keepAliveTimeout = 120_000;

/** Made once for each requested stream, because making them costs more than sending them. */
const wireChunks = new Map<string, Uint8Array[] | undefined>();

/** The pieces of a stream; none if a JSON answer is wanted. */
function chunksOf(path: string, events: number, bytes: number): Uint8Array[] {
  if (events === 0 && bytes === 0) return [];
  const name = `${events} of ${path}`;
  if (!wireChunks.has(name)) {
    wireChunks.set(
      name,
      wireStream(path, events)?.map((event) => encoder.encode(event)),
    );
  }
  const middle =
    bytes > 0
      ? Array<Uint8Array>(Math.ceil(bytes / piece.length)).fill(piece)
      : deltas.slice(0, Math.max(0, events - opening.length - closing.length));
  return wireChunks.get(name) ?? [...opening, ...middle, ...closing];
}

const EVENTS = "text/event-stream; charset=utf-8";
const FRAMES = "application/vnd.amazon.eventstream";
const framesOf = new WeakMap<Uint8Array, Uint8Array>();

/** The same events in Bedrock's frames. */
function framed(chunks: Uint8Array[]): Uint8Array[] {
  return chunks.map((chunk) => {
    const known = framesOf.get(chunk);
    if (known) return known;
    const frame = chunkFrame(
      new TextDecoder()
        .decode(chunk)
        .replace(/^event:.*\ndata: /, "")
        .trim(),
    );
    framesOf.set(chunk, frame);
    return frame;
  });
}

async function answer(response: ServerResponse, chunks: Uint8Array[], type: string, pauseMs: number): Promise<void> {
  if (chunks.length === 0) {
    response.writeHead(200, { "content-type": "application/json", "request-id": "req_bench" });
    return void response.end(whole);
  }
  response.writeHead(200, { "content-type": type, "request-id": "req_bench" });
  response.socket?.setNoDelay(true);
  for (const [index, chunk] of chunks.entries()) {
    if (index > 0) await (pauseMs > 0 ? sleep(pauseMs) : index === 1 ? sleep(THINKING_MS) : nextTurn());
    if (response.destroyed) return;
    if (!response.write(chunk)) await roomIn(response);
  }
  response.end();
}

/** Resolves when the reader has caught up, or is gone. */
function roomIn(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      response.off("drain", go).off("close", go);
      resolve();
    };
    response.on("drain", go).on("close", go);
  });
}

process.once("disconnect", () => process.exit(0));
await once(server.listen(0, "127.0.0.1"), "listening");
process.send?.((server.address() as AddressInfo).port);
