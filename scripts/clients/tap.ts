/**
 * A loopback listener between a client and the relay. Everything passes unchanged, and is recorded. It shows what a client really sent and
 * got, even from a relay that runs elsewhere.
 */
import { createServer, type IncomingMessage, request as requestHttp, type ServerResponse } from "node:http";
import { request as requestHttps } from "node:https";
import type { AddressInfo } from "node:net";
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";

export interface Exchange {
  method: string;
  /** Without the query. */
  path: string;
  /** The request's body as it was sent. */
  body: Buffer;
  /** Null if the relay gave no answer. */
  status: number | null;
  shouldRetry: string | null;
  /** The response's body, decompressed, if it ended properly. */
  answer: Buffer | null;
  /** Whether the relay gave no answer, or broke off in the middle of one. A client that leaves first does not count. */
  broke: boolean;
}

/** Headers that are about one connection only, and not about the next one. */
const HOP_BY_HOP = ["connection", "keep-alive", "transfer-encoding"];

export class Tap {
  readonly exchanges: Exchange[] = [];
  readonly #target: URL;
  readonly #server = createServer((incoming, outgoing) => void this.#pass(incoming, outgoing));

  constructor(origin: string) {
    this.#target = new URL(origin);
  }

  /** Returns the origin to give to a client. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = "GET", url = "/" } = incoming;
    const body = Buffer.concat(await incoming.toArray().catch(() => []));
    const path = url.replace(/\?.*/, "");
    const exchange: Exchange = { method, path, body, status: null, shouldRetry: null, answer: null, broke: false };
    this.exchanges.push(exchange);

    const { protocol, host } = this.#target;
    const headers = withoutHops({ ...incoming.headers, host });
    if (body.length > 0) headers["content-length"] = String(body.length);
    if (headers.upgrade) headers.connection = "upgrade";
    const send = protocol === "https:" ? requestHttps : requestHttp;
    // `path` is used unchanged: as a part of a URL, a doubled slash at its beginning would become a host.
    const request = send(this.#target, { method, headers, path: url });
    const breakOff = () => {
      if (!outgoing.destroyed) exchange.broke = true;
      outgoing.destroy();
    };
    request.on("response", (answer) => {
      exchange.status = answer.statusCode ?? null;
      exchange.shouldRetry = answer.headers["x-should-retry"]?.toString() ?? null;
      const pieces: Buffer[] = [];
      outgoing.writeHead(answer.statusCode ?? 502, withoutHops({ ...answer.headers }));
      answer.on("data", (piece: Buffer) => {
        pieces.push(piece);
        outgoing.write(piece);
      });
      answer.on("end", () => {
        exchange.answer = decoded(Buffer.concat(pieces), answer.headers["content-encoding"]);
        outgoing.end();
      });
      answer.on("error", breakOff);
    });
    request.on("error", breakOff);
    outgoing.on("close", () => request.destroy());
    request.end(body);
  }
}

/** Cloudflare, and its local stand-in, compress JSON for clients that can read that. Answers to HEAD have no bytes. */
function decoded(bytes: Buffer, encoding: string | undefined): Buffer {
  if (bytes.length === 0) return bytes;
  if (encoding === "gzip") return gunzipSync(bytes);
  if (encoding === "br") return brotliDecompressSync(bytes);
  return encoding === "zstd" ? zstdDecompressSync(bytes) : bytes;
}

function withoutHops<Headers extends Record<string, unknown>>(headers: Headers): Headers {
  for (const name of HOP_BY_HOP) delete headers[name];
  return headers;
}
