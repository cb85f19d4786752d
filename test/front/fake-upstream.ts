/**
 * An upstream that does what a test tells it: real HTTP on loopback, so that resets, early ends and hang-ups are real ones.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";

export interface Behaviour {
  status?: number;
  headers?: Record<string, string>;
  /** What is written, piece by piece. */
  chunks: (string | Uint8Array)[];
  /** Pause before each piece but the first. */
  pauseMs?: number;
  /** Pause before the headers. */
  silentMs?: number;
  /** Sends no headers before this settles, so that something else can happen meanwhile, however long it takes. */
  until?: Promise<unknown>;
  /** `end` closes properly, `reset` tears the connection down, `hang` leaves it open, `refuse` answers nothing at all. */
  ending?: "end" | "reset" | "hang" | "refuse";
  encoding?: "gzip" | "br";
}

export interface Received {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** How many pieces were written before the connection was gone. */
  written: number;
  /** Resolves when the connection has closed: true if the whole answer had been sent. */
  closed: Promise<boolean>;
}

export class FakeUpstream {
  readonly received: Received[] = [];
  /** Connections with an answer in progress; below, the most there ever were. */
  open = 0;
  mostOpen = 0;
  #behaviour: (request: Received) => Behaviour = () => ({ status: 500, chunks: [] });
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** What the next requests get. Also forgets what was received before. */
  behave(behaviour: Behaviour | ((request: Received) => Behaviour)): void {
    this.received.length = 0;
    this.mostOpen = this.open;
    this.#behaviour = typeof behaviour === "function" ? behaviour : () => behaviour;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const received: Received = {
      method: request.method ?? "",
      url: request.url ?? "",
      headers: request.headers,
      body: Buffer.concat(pieces),
      written: 0,
      closed: new Promise((resolve) => response.on("close", () => resolve(response.writableFinished))),
    };
    this.received.push(received);
    this.open++;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    response.on("close", () => this.open--);
    await answer(this.#behaviour(received), received, response);
  }
}

async function answer(behaviour: Behaviour, received: Received, response: ServerResponse): Promise<void> {
  const { chunks, pauseMs = 0, silentMs = 0, ending = "end", encoding } = behaviour;
  await behaviour.until;
  if (silentMs > 0) await pause(silentMs);
  if (ending === "refuse") return void response.socket?.resetAndDestroy();
  const headers = { "content-type": "text/event-stream; charset=utf-8", ...behaviour.headers };
  if (encoding) {
    const whole = Buffer.concat(chunks.map((chunk) => Buffer.from(chunk as string)));
    response.writeHead(behaviour.status ?? 200, { ...headers, "content-encoding": encoding });
    return void response.end(encoding === "gzip" ? gzipSync(whole) : brotliCompressSync(whole));
  }
  response.writeHead(behaviour.status ?? 200, headers);
  response.flushHeaders();
  for (const chunk of chunks) {
    if (received.written > 0 && pauseMs > 0) await pause(pauseMs);
    if (response.destroyed) return;
    await new Promise((resolve) => response.write(chunk, resolve));
    received.written++;
  }
  if (ending === "reset") {
    await pause(20);
    response.socket?.resetAndDestroy();
  } else if (ending === "end") {
    response.end();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
