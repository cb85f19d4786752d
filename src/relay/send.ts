/**
 * One try at one account: the request as the client sent it, under the account's credential, until the upstream's
 * answer is known well enough to commit to it. Knows nothing of limits, other accounts or the client's stream.
 */
import * as anthropic from "../protocols/anthropic.ts";
import { hasWholeEvent } from "../protocols/sse.ts";
import { clientHeaders, upstreamHeaders, upstreamUrl } from "../providers/anthropic.ts";
import type { Account } from "../store/snapshot.ts";
import type { Ask } from "./ask.ts";
import type { Call } from "./call.ts";
import { upstreamModel } from "./choose.ts";
import { splice } from "./scan.ts";

/** What came of a try. */
export type Sent =
  | { kind: "stream"; stream: UpstreamStream }
  | { kind: "whole"; status: number; headers: Headers; body: Uint8Array }
  /** No usable answer: refused connection, timeout, reset or end before the first event. */
  | { kind: "failed"; detail: string }
  | { kind: "client_left" };

/** A stream whose first event has been looked at. Whoever gets it must pipe `rest`, read `copy`, or abort. */
export interface UpstreamStream {
  status: number;
  headers: Headers;
  /** What was read to see the first event; the client has not had it yet. */
  first: Uint8Array[];
  rest: ReadableStream<Uint8Array>;
  /** All of the stream again, for the meter; buffered natively until it is read. */
  copy: ReadableStream<Uint8Array>;
  /** Closes the connection to the upstream. What `copy` holds by then can still be read. */
  abort: () => void;
  ttftMs: number;
}

/**
 * How long an upstream may think before its first byte. Anthropic answers at once and pings while it thinks, but
 * compatible services may hold the headers back for as long as a reasoning model takes.
 */
const FIRST_BYTE_TIMEOUT_MS = 10 * 60_000;
/** No provider's first event is this large; a stream without event ends must not be held back for ever. */
const FIRST_EVENT_MAX_BYTES = 64 * 1024;

/** Sends the request to `account` and waits for the beginning of the answer. */
export async function send(call: Call, ask: Ask, account: Account): Promise<Sent> {
  const { signal } = call.request;
  const upstream = new AbortController();
  const abort = () => upstream.abort();
  // The incoming signal itself is ignored by outgoing fetches (platform), so it is handed on.
  signal.addEventListener("abort", abort, { once: true });
  const timer = setTimeout(abort, FIRST_BYTE_TIMEOUT_MS);
  try {
    const response = await fetch(requestOf(call, ask, account, upstream.signal));
    const { body, headers } = response;
    if (response.ok && body && headers.get("content-type")?.includes("text/event-stream")) {
      return await openStream(call, response, body, abort);
    }
    const bytes = new Uint8Array(await response.arrayBuffer());
    return wholeAnswer(response.status, headers, bytes);
  } catch (error) {
    if (signal.aborted) return { kind: "client_left" };
    return { kind: "failed", detail: upstream.signal.aborted ? "it did not answer in time" : reasonOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** Sends a request that uses nothing up and needs no look at the answer. Throws when the upstream is unreachable. */
export function forward(call: Call, ask: Ask | null, account: Account): Promise<Response> {
  return fetch(requestOf(call, ask, account, null));
}

function requestOf(call: Call, ask: Ask | null, account: Account, signal: AbortSignal | null): Request {
  const { request, route, url } = call;
  const search = searchWithoutKey(url);
  const [apiKey = ""] = account.apiKeys;
  return new Request(upstreamUrl(account, route.upstreamPath, search), {
    method: request.method,
    headers: upstreamHeaders(account, apiKey, request.headers),
    body: ask ? bodyFor(account, ask) : null,
    redirect: "manual",
    signal,
  });
}

/** The client's bytes; with a mapped model, the same bytes around its new name. */
function bodyFor(account: Account, ask: Ask): Uint8Array {
  const model = upstreamModel(account, ask.model);
  return model === ask.model ? ask.body : splice(ask.body, ask.modelAt, model);
}

/** The query string as it came, except that a key in it stays here. */
function searchWithoutKey(url: URL): string {
  if (!url.searchParams.has("key")) return url.search;
  const rest = url.search
    .slice(1)
    .split("&")
    .filter((pair) => !/^key(?:=|$)/.test(pair));
  return rest.length > 0 ? `?${rest.join("&")}` : "";
}

async function openStream(
  call: Call,
  response: Response,
  body: ReadableStream<Uint8Array>,
  abort: () => void,
): Promise<Sent> {
  // The copy is buffered by the runtime; no JavaScript runs per chunk. Reading a branch early with `readAtLeast`
  // would stall the client's branch (measured), so the copy is not touched until the pipe has ended.
  const [rest, copy] = body.tee();
  const first: Uint8Array[] = [];
  const reader = rest.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let ttftMs = 0;
  while (!hasWholeEvent(text) && text.length < FIRST_EVENT_MAX_BYTES) {
    const { done, value } = await reader.read();
    if (done) break;
    if (first.length === 0) ttftMs = Date.now() - call.startedAt;
    first.push(value);
    text += decoder.decode(value, { stream: true });
  }
  const error = anthropic.errorIn(text);
  if (error || first.length === 0) {
    abort();
    if (!error) return { kind: "failed", detail: "it ended its stream before the first event" };
    const headers = clientHeaders(response.headers);
    headers.set("content-type", "application/json");
    return { kind: "whole", status: error.status, headers, body: new TextEncoder().encode(error.body) };
  }
  reader.releaseLock();
  const headers = clientHeaders(response.headers);
  return { kind: "stream", stream: { status: response.status, headers, first, rest, copy, abort, ttftMs } };
}

function wholeAnswer(status: number, upstream: Headers, body: Uint8Array): Sent {
  if (status >= 300 && status < 400) return { kind: "failed", detail: "it answered with a redirect" };
  const headers = clientHeaders(upstream);
  // Some compatible services report errors with status 200; an SDK would take that for an answer.
  const error = status < 300 && body.length < FIRST_EVENT_MAX_BYTES ? anthropic.errorIn(text(body)) : null;
  return { kind: "whole", status: error?.status ?? status, headers, body };
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** The runtime's words for a connection fault hold no secrets: they name neither URL nor header. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : "connection failed";
}
