/**
 * The demo upstream: a loopback HTTP server that answers like a provider, so that a fresh install has something to relay to. It reads a
 * request, asks each protocol in turn, and writes the reply at a speed that a person can follow. It is never part of the Worker, listens on
 * loopback only, and logs nothing.
 *
 * On its own: `node scripts/demo/server.ts --port 9999 [--pace 20]`, or DEMO_PACE_MS in the environment.
 */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";
import { anthropic, notFound } from "./anthropic.ts";
import { chat } from "./chat.ts";
import { answerTo } from "./conversation.ts";
import type { DemoProtocol, DemoReply, DemoRequest } from "./exchange.ts";
import { gemini } from "./gemini.ts";
import { openai } from "./openai.ts";
import { responses } from "./responses.ts";

/** Asked in this order: `/v1/models` is Gemini's, Anthropic's or, without evidence, OpenAI's. */
const PROTOCOLS: DemoProtocol[] = [gemini, anthropic, chat, responses, openai];

/** Milliseconds between the words of a stream, by default. */
const PACE_MS = 20;

const DECODERS: Record<string, (bytes: Buffer) => Buffer> = {
  gzip: (bytes) => gunzipSync(bytes),
  deflate: (bytes) => inflateSync(bytes),
  br: (bytes) => brotliDecompressSync(bytes),
  zstd: (bytes) => zstdDecompressSync(bytes),
};

export interface DemoServer {
  port: number;
  /** Stops listening and cuts the streams in flight, so that the relay settles them. */
  close: () => Promise<void>;
}

/** Listens on `port` of loopback, or on a free one for 0. Rejects with the system's error when the port is taken. */
export async function startDemo(port: number, paceMs: number = paceOf(process.env.DEMO_PACE_MS)): Promise<DemoServer> {
  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing, paceMs).catch((error: unknown) => {
      console.error("demo upstream:", error);
      outgoing.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return { port: portOf(server), close: () => closeNow(server) };
}

async function handle(incoming: IncomingMessage, outgoing: ServerResponse, paceMs: number): Promise<void> {
  const request = await read(incoming);
  if (!request) return void outgoing.destroy();
  const reply = PROTOCOLS.reduce<DemoReply | null>((found, protocol) => found ?? protocol(request, answerTo), null);
  await write(outgoing, reply ?? notFound(request), paceMs);
}

/** The whole request, or null if the client left while sending it or its body does not decompress. */
async function read(incoming: IncomingMessage): Promise<DemoRequest | null> {
  const url = new URL(incoming.url ?? "/", "http://demo");
  const decode = DECODERS[incoming.headers["content-encoding"] ?? ""] ?? ((bytes) => bytes);
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, value?.toString()]);
  try {
    const chunks: Buffer[] = await incoming.toArray();
    return {
      id: randomBytes(12).toString("hex"),
      method: incoming.method ?? "GET",
      path: url.pathname.replace(/(?<=.)\/+$/, ""),
      query: url.searchParams,
      headers: Object.fromEntries(headers),
      body: decode(Buffer.concat(chunks)).toString(),
    };
  } catch {
    return null;
  }
}

async function write(outgoing: ServerResponse, reply: DemoReply, paceMs: number): Promise<void> {
  if (reply.kind === "json") {
    outgoing.writeHead(reply.status, { ...reply.headers, "content-type": "application/json" });
    return void outgoing.end(JSON.stringify(reply.body));
  }
  outgoing.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    ...reply.headers,
  });
  for (const frame of reply.frames) {
    if (frame.paced && paceMs > 0) await sleep(paceMs);
    if (outgoing.destroyed) return;
    outgoing.write(frame.text);
  }
  outgoing.end();
}

function closeNow(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the demo upstream has no port");
  return address.port;
}

function paceOf(text: string | undefined): number {
  const pace = Number(text || PACE_MS);
  return Number.isFinite(pace) && pace >= 0 ? pace : PACE_MS;
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { port: { type: "string", default: "9999" }, pace: { type: "string" } } });
  const demo = await startDemo(Number(values.port), paceOf(values.pace ?? process.env.DEMO_PACE_MS));
  console.log(`demo upstream on http://127.0.0.1:${demo.port}`);
}
