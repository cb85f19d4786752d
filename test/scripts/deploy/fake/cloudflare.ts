/**
 * Cloudflare's API on loopback, as far as wrangler and `npm run deploy` call it: the paths that wrangler 4.156.2 was seen to ask, with the
 * shapes and error codes of Cloudflare's public API reference. A path that it does not know is an error that a test sees, so a new call of
 * wrangler cannot go unnoticed.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type Account, emptyAccount, TOKEN } from "./account.ts";
import { type Answer, failure } from "./envelope.ts";
import { IDENTITY_ROUTES } from "./identity.ts";
import { STORAGE_ROUTES } from "./storage.ts";
import { WORKER_ROUTES } from "./workers.ts";
import { ZONE_ROUTES } from "./zones.ts";

export interface ApiRequest {
  account: Account;
  /** The groups of the route's pattern. */
  parts: string[];
  query: URLSearchParams;
  body: Buffer;
  contentType: string;
}

export type Route = readonly [method: string, path: RegExp, answer: (request: ApiRequest) => Answer | Promise<Answer>];

/** A fault that a test asks for: the next `times` matching calls get this answer, are cut off ("reset"), or get none ("silence"). */
export interface Fault {
  method: string;
  path: RegExp;
  times: number;
  answer: Answer | "reset" | "silence";
}

export interface FakeCloudflare {
  /** For CLOUDFLARE_API_BASE_URL. */
  url: string;
  account: Account;
  /** Every call, as "METHOD /path", without the account's id. */
  calls: string[];
  /** Calls that are not known here. */
  unknown: string[];
  faults: Fault[];
  close(): Promise<void>;
}

const ROUTES: readonly Route[] = [...IDENTITY_ROUTES, ...STORAGE_ROUTES, ...WORKER_ROUTES, ...ZONE_ROUTES];

export async function startCloudflare(account: Account = emptyAccount()): Promise<FakeCloudflare> {
  const fake: Omit<FakeCloudflare, "url" | "close"> = { account, calls: [], unknown: [], faults: [] };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://fake");
    const path = url.pathname.replace(/^\/accounts\/[0-9a-f]{32}/, "");
    const call = `${request.method} ${path}`;
    fake.calls.push(call);
    // The caller may be stopped in the middle of an upload.
    const body = await read(request).catch(() => null);
    if (body === null) return;
    const answer =
      (await faultFor(fake.faults, request.method ?? "", path)) ?? (await route(fake, request, path, url, body));
    if (answer === "reset") return request.socket.destroy();
    if (answer === "silence") return;
    response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
    response.end(JSON.stringify(answer.body));
  });
  return { ...fake, url: await listen(server), close: () => close(server) };
}

async function route(
  fake: Pick<FakeCloudflare, "account" | "unknown">,
  request: IncomingMessage,
  path: string,
  url: URL,
  body: Buffer,
): Promise<Answer> {
  // Uploads of assets have the session's own token.
  const authorised = request.headers.authorization === `Bearer ${TOKEN}` || path.startsWith("/workers/assets/upload");
  if (!authorised) return failure(401, 10000, "Authentication error");
  for (const [method, pattern, answer] of ROUTES) {
    const match = method === request.method && pattern.exec(path);
    if (!match) continue;
    const parts = match.slice(1).map(decodeURIComponent);
    const contentType = request.headers["content-type"] ?? "";
    return await answer({ account: fake.account, parts, query: url.searchParams, body, contentType });
  }
  fake.unknown.push(`${request.method} ${path}`);
  return failure(404, 7003, `Could not route to ${path}, perhaps your object identifier is invalid?`);
}

function faultFor(faults: Fault[], method: string, path: string): Fault["answer"] | null {
  const fault = faults.find((each) => each.times > 0 && each.method === method && each.path.test(path));
  if (!fault) return null;
  fault.times -= 1;
  return fault.answer;
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Listens on a free port of loopback. Returns its origin. */
export function listen(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(`http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`);
    });
  });
}

export function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
