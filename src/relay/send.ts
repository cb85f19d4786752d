/**
 * One try at one key of one account: the request as the client sent it, under the account's credential, until the
 * upstream's answer is known well enough to commit to it. Knows nothing of limits, other accounts or the client's
 * stream.
 */
import type { Target } from "../pool/target.ts";
import { type AnswerLane, AS_IT_IS, type OpenLane } from "../protocols/translate/lane.ts";
import { WIRE } from "../protocols/wire.ts";
import type { Transport } from "../providers/faults/evidence.ts";
import { forwardedHeaders } from "../providers/forwarded.ts";
import type { Credential } from "../providers/kind.ts";
import type { Call } from "./call.ts";
import { LONGEST_HOLD_MS, readPrelude } from "./prelude.ts";
import type { RelayRequest } from "./request.ts";
import { sniffContentType } from "./sniff.ts";
import { upstreamUrl } from "./upstream-url.ts";

/** What came of a try, in the upstream's own words; `answer` says what the client gets of them. */
export type Sent =
  | { kind: "stream"; stream: UpstreamStream; answer: AnswerLane }
  /** A whole answer, good or bad. `status` is what it means: an error sent as a 200 has the error's own status. */
  | { kind: "whole"; status: number; headers: Headers; body: Uint8Array; answer: AnswerLane }
  /** No answer: refused connection, timeout, reset or end before there was any output. */
  | { kind: "failed"; transport: Transport; detail: string }
  /** `asked`: the request had been sent, so the upstream may have used something up. */
  | { kind: "client_left"; asked: boolean };

/** A stream that has begun. Whoever gets it must pass on `first`, `pending` and `rest`, read `copy`, or abort. */
export interface UpstreamStream {
  status: number;
  /** The upstream's own headers. */
  headers: Headers;
  /** What was read to see that it is an answer; the client has not had it yet. */
  first: Uint8Array;
  /** A read that is still under way; `rest` is locked until it resolves. Null for none, and for one that finds the end. */
  pending: Promise<Uint8Array | null> | null;
  rest: ReadableStream<Uint8Array>;
  /** All of the stream again, for the meter; buffered natively until it is read. */
  copy: ReadableStream<Uint8Array>;
  /** Closes the connection to the upstream. What `copy` holds by then can still be read. */
  abort: () => void;
  /** From the request's arrival to the first output, or to the end of the hold. */
  ttftMs: number;
}

/**
 * How long an upstream may take to a stream's first byte, connecting included (fetch does not tell the two apart). It
 * starts at once and pings while the model thinks, and two such tries fit into the time that a client waits. A whole answer comes
 * when all the thinking is done: it may have all of that time.
 */
export const STREAM_FIRST_BYTE_MS = 120_000;
/** No error is this large. */
const ERROR_MAX_BYTES = 64 * 1024;
/** Of a request without a body. */
const NOTHING_TO_SEND = { body: () => null, plainer: null, answer: AS_IT_IS };

/** What of a call is sent; an account check has no more than that. */
export type Sending = Pick<Call, "http" | "route" | "parameters" | "search" | "startedAt">;

/**
 * Sends the request to `target` under `credential`, one of its account's, and waits for the beginning of the answer, until
 * `deadline` (milliseconds since the epoch) at the longest.
 */
export async function send(
  call: Sending,
  request: RelayRequest | null,
  target: Target,
  credential: Credential,
  deadline: number,
): Promise<Sent> {
  const { signal } = call.http;
  // A signal that is aborted already calls no listener.
  if (signal.aborted) return { kind: "client_left", asked: false };
  const url = upstreamUrl(target, call, call.search);
  let lane: OpenLane | typeof NOTHING_TO_SEND = request ? target.lane.open(request, target.model) : NOTHING_TO_SEND;
  if (url === null) return modelUnknown(target, lane.answer);
  const upstream = new AbortController();
  const abort = () => upstream.abort();
  // The incoming signal itself is ignored by outgoing fetches (platform), so it is handed on.
  signal.addEventListener("abort", abort, { once: true });
  const leftMs = Math.max(0, deadline - Date.now());
  const { firstByteTimeoutMs } = target.account;
  const timeoutMs = Math.min(firstByteTimeoutMs ?? (request?.stream ? STREAM_FIRST_BYTE_MS : leftMs), leftMs);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    abort();
  }, timeoutMs);
  const arrived = () => {
    clearTimeout(timer);
    return Math.min(LONGEST_HOLD_MS, Math.max(0, deadline - Date.now()));
  };
  try {
    const { method } = call.http;
    const ask = async (make: () => Uint8Array | null) => {
      const draft = { method, url, headers: headersFor(call, request, target), body: make() };
      const { url: address, ...prepared } = await target.account.kind.prepare(draft, target, credential);
      return fetch(new Request(address, { ...prepared, redirect: "manual", signal: upstream.signal }));
    };
    let response = await ask(lane.body);
    if (response.status === 400 && lane.plainer) {
      await response.body?.cancel();
      lane = lane.plainer;
      response = await ask(lane.body);
    }
    if (response.ok && request?.stream && !isLabelled(response.headers)) response = await sniffContentType(response);
    const { body } = response;
    if (response.ok && body && isStream(target, request, response.headers)) {
      return await openStream(call, target, response, body, { abort, arrived, answer: lane.answer });
    }
    return wholeAnswer(call, target, response, new Uint8Array(await response.arrayBuffer()), lane.answer);
  } catch (error) {
    // Nobody will read the rest.
    abort();
    if (signal.aborted) return { kind: "client_left", asked: true };
    if (late) {
      const detail = `it did not answer within ${Math.round(timeoutMs / 1000)} s`;
      return { kind: "failed", transport: "timeout", detail };
    }
    // The runtime's words for a connection fault hold no secrets: they name neither URL nor header.
    const detail = error instanceof Error ? error.message : "connection failed";
    return { kind: "failed", transport: transportOf(detail), detail };
  } finally {
    clearTimeout(timer);
  }
}

/** Events; or what Gemini streams when it is not asked for events: one JSON array, element by element. */
function isStream({ protocol }: Target, request: RelayRequest | null, headers: Headers): boolean {
  if (isLabelled(headers)) return true;
  const isJson = headers.get("content-type")?.includes("json") ?? false;
  return WIRE[protocol].errorElement !== undefined && request?.stream === true && isJson;
}

function isLabelled(headers: Headers): boolean {
  return headers.get("content-type")?.includes("text/event-stream") ?? false;
}

/** fetch has one error for all that can go wrong below HTTP; its words are all there is to tell them apart. */
function transportOf(detail: string): Transport {
  if (/dns|resolve|not found/i.test(detail)) return "dns";
  if (/tls|certificate|ssl/i.test(detail)) return "tls";
  return /lost|reset|disconnect/i.test(detail) ? "reset" : "connect";
}

function headersFor({ http }: Sending, request: RelayRequest | null, { account }: Target): Headers {
  const headers = forwardedHeaders(http.headers, account.kind.forwarded, account.extraHeaders);
  if (request) headers.set("content-type", request.contentType);
  return headers;
}

async function openStream(
  call: Sending,
  { protocol }: Target,
  response: Response,
  body: ReadableStream<Uint8Array>,
  { abort, arrived, answer }: { abort: () => void; arrived: () => number; answer: AnswerLane },
): Promise<Sent> {
  const { status, headers } = response;
  // The copy is buffered by the runtime; no JavaScript runs per chunk.
  const [rest, copy] = body.tee();
  const { first, shown, pending } = await readPrelude(rest, WIRE[protocol], !isLabelled(headers), arrived);
  if (call.http.signal.aborted) return { kind: "client_left", asked: true };
  switch (shown.kind) {
    case "error": {
      abort();
      const asJson = new Headers(headers);
      asJson.set("content-type", "application/json");
      const error = new TextEncoder().encode(shown.body);
      return { kind: "whole", status: shown.status, headers: asJson, body: error, answer };
    }
    case "ended":
      abort();
      return { kind: "failed", transport: "ended_early", detail: "it ended its stream before any output" };
    case "begun":
    case "undecided": {
      const ttftMs = Date.now() - call.startedAt;
      return { kind: "stream", stream: { status, headers, first, pending, rest, copy, abort, ttftMs }, answer };
    }
  }
}

/** An account whose mapping makes a name that no path can hold does not know the model. */
function modelUnknown({ protocol }: Target, answer: AnswerLane): Sent {
  const message = "The account's own name for this model is none that a URL can hold.";
  const body = WIRE[protocol].errorBody({ status: 404, category: "not_found", message, retryable: false }, "");
  const headers = new Headers({ "content-type": "application/json" });
  return { kind: "whole", status: 404, headers, body: new TextEncoder().encode(body), answer };
}

function wholeAnswer(
  { route }: Sending,
  { protocol }: Target,
  { status, headers }: Response,
  body: Uint8Array,
  answer: AnswerLane,
): Sent {
  if (status >= 300 && status < 400) {
    return { kind: "failed", transport: "redirect", detail: "it answered with a redirect" };
  }
  // Some compatible services report errors with status 200; an SDK would take that for an answer.
  // What only looks a failed response up is answered with it, and no failure itself.
  const small = status < 300 && route.operation === "generate" && body.length < ERROR_MAX_BYTES;
  const error = small ? WIRE[protocol].errorIn(new TextDecoder().decode(body)) : null;
  return { kind: "whole", status: error?.status ?? status, headers, body, answer };
}
