/**
 * One try with one key of one account: sends the client's request under the account's credential, and waits until the
 * upstream's answer is known well enough to commit to it. Knows nothing of limits, other accounts or the client's
 * stream.
 */
import { bytesAtMost, LARGEST_ERROR, wholeBody } from "../ground/bounded-body.ts";
import type { Target } from "../pool/target.ts";
import type { Reading as Metered } from "../protocols/meter.ts";
import type { AnswerLane } from "../protocols/translate/lane.ts";
import { WIRE } from "../protocols/wire.ts";
import { type Transport, transportOf } from "../providers/faults/evidence.ts";
import type { Credential } from "../providers/kind.ts";
import type { Refusal } from "../refusal.ts";
import { exitOf, NotThisWay } from "../vault/exit.ts";
import type { Usage } from "../vocabulary.ts";
import { SHORTEST_TRY_MS } from "./deadline.ts";
import { headersFor, opening, prepared, type Sending, settingIn } from "./outgoing.ts";
import { LONGEST_HOLD_MS, readPrelude } from "./prelude.ts";
import { readingOf, usageOfRest } from "./reading.ts";
import type { RelayRequest } from "./request.ts";
import { sniffContentType } from "./sniff.ts";
import { upstreamUrl } from "./upstream-url.ts";

/** The result of a try, in the upstream's own words; `answer` says what the client gets of them. */
export type Sent = AskedTwice & TryResult;

type TryResult =
  | ({ kind: "stream"; stream: UpstreamStream } & Answered)
  /**
   * A whole answer, good or bad. `status` is what it means: an error sent as a 200 has the error's own status. `unread`: the answer
   * was paid for, but its usage is in a part that was not read.
   */
  | ({ kind: "whole"; status: number; headers: Headers; body: Uint8Array; unread?: true } & Answered)
  /** No answer: refused connection, timeout, reset or end before there was any output. */
  | { kind: "failed"; transport: Transport; detail: string }
  /** Nothing was sent: the request cannot be put to this upstream without changing its meaning. */
  | { kind: "untranslated"; refusal: Refusal }
  /** `asked`: the request had been sent, so the upstream may have used something up. */
  | { kind: "client_left"; asked: boolean; response?: Metered["response"] };

interface Answered {
  answer: AnswerLane;
  /** The parameter that the upstream refused before it answered without it; missing if there was none. */
  lacks?: string;
}

interface AskedTwice {
  /** The usage of an earlier answer that said nothing, so that the upstream was asked again. */
  wasted?: Promise<Usage>;
}

/** An answer that says nothing, because of a fault that asking again usually mends. */
interface Useless {
  kind: "useless";
  used: Promise<Usage>;
}

/** A stream that has begun. Whoever gets it must pass on `first`, `pending` and `rest` in this order and read `copy`, or abort. */
export interface UpstreamStream {
  status: number;
  /** The upstream's own headers. */
  headers: Headers;
  /** The bytes that were read to see that it is an answer; the client has not got them yet. */
  first: Uint8Array;
  /** The read that is still under way, null if there is none; `rest` is locked until it resolves. It resolves with null at the end. */
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
 * How long an upstream may take to a stream's first byte, connecting included (`fetch` does not tell the two apart). A stream
 * starts at once and pings while the model thinks, and two such tries fit into the time that a client waits. A whole answer comes
 * only when the thinking is done, so it may take all the time that the client waits.
 */
export const STREAM_FIRST_BYTE_MS = 120_000;
/** Its provider takes it at once. No more is left behind a client that has gone. */
const BEGINNING_OF_BACKGROUND_MS = 25_000;
const MEGABYTE = 1024 * 1024;
/**
 * The largest whole answer, which is held to read its usage. Ten large pictures are some 40 MB. While its pieces are joined, memory
 * has the answer twice, and an isolate has 128 MB for everything.
 */
const LARGEST_ANSWER_BYTES = 48 * MEGABYTE;
/** No error is this large. */
const ERROR_MAX_BYTES = 64 * 1024;
/** In how many other forms a request is put to an upstream at the most, after its first form was refused. */
const MOST_FORMS = 3;
/** How upstreams answer a parameter that they do not know. Mistral, and others that are written in Python, use 422. */
const REFUSED: ReadonlySet<number> = new Set([400, 422]);
/** An error that names the parameter or signature that it refuses is not longer. */
const TOLD_BYTES = 64 * 1024;

/** What is asked, of whom, and until when. */
export interface Try {
  call: Sending;
  /** Null: a request without a body. */
  request: RelayRequest | null;
  target: Target;
  /** When the beginning of the answer must be here, milliseconds since the epoch. */
  deadline: number;
}

/**
 * Sends the request to `target` under `credential`, one of its account's, by the account's egress, and waits for the beginning of the
 * answer, until `deadline` at the longest. Rejects only if a lane throws, which is a bug.
 */
export async function send(
  env: Env,
  { call, request, target, deadline, credential }: Try & { credential: Credential },
): Promise<Sent> {
  const exit = await exitOf(env, target.account);
  const { signal } = call.http;
  // A signal that is aborted already calls no listener.
  if (signal.aborted) return { kind: "client_left", asked: false };
  if (!exit.ok) return { kind: "failed", transport: "egress", detail: exit.refusal };
  const setting = settingIn(env);
  const opened = opening(call, request, target, { credential, setting });
  if (!opened.ok) return { kind: "untranslated", refusal: opened.refusal };
  let lane = opened.value;
  const { endpoint } = lane;
  const url = upstreamUrl(target, call, endpoint?.search ?? call.search, endpoint?.path);
  if (url === null) return modelUnknown(target, lane.answer);
  // One in the background goes on at its provider whoever leaves: its id must be known, or nobody would ever pay for it.
  const background = request?.background ?? false;
  const { closed, abort } = connectionFor(background ? null : signal);
  const { firstByteTimeoutMs, kind } = target.account;
  let dropped: readonly string[] = [];
  let timeoutMs = 0;
  let late = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let twice: AskedTwice = {};
  const startTimer = () => {
    clearTimeout(timer);
    const leftMs = Math.max(background ? BEGINNING_OF_BACKGROUND_MS : 0, deadline - Date.now());
    timeoutMs = Math.min(firstByteTimeoutMs ?? (request?.stream ? STREAM_FIRST_BYTE_MS : leftMs), leftMs);
    timer = setTimeout(() => {
      late = true;
      abort();
    }, timeoutMs);
  };
  const arrived = () => {
    clearTimeout(timer);
    return Math.min(LONGEST_HOLD_MS, Math.max(0, deadline - Date.now()));
  };
  try {
    const { method } = call.http;
    // A function of its own: once it has returned, nothing here holds the body that was sent while its answer is awaited.
    const post = async () => {
      const body = inLane(() => lane.body());
      const draft = { method, url, headers: headersFor(call, request, target, lane), body };
      const sent = await prepared(draft, { ...target, setting }, credential);
      if (sent === null) return null;
      dropped = sent.dropped ?? [];
      const { url: address, headers } = sent;
      const init = { method: sent.method, headers, body: sent.body, redirect: "manual", signal: closed } as const;
      return { url: address, answering: exit.value(address, init) };
    };
    const ask = async () => {
      const posted = await post();
      if (posted === null) return new Response(unknownModelOf(target), { status: 404, headers: JSON_TYPE });
      const response = await posted.answering;
      return kind.receive ? kind.receive(response, { url: posted.url }) : response;
    };
    startTimer();
    let response = await ask();
    let lacks: string | null = null;
    for (let again = 0; REFUSED.has(response.status) && again < MOST_FORMS; again++) {
      const refusedWith = await bytesAtMost(response, LARGEST_ERROR);
      const told = new TextDecoder().decode(refusedWith.subarray(0, TOLD_BYTES));
      const instead = inLane(() => lane.instead(told));
      if (!instead) return wholeAnswer(call, target, response, refusedWith, lane.answer);
      lane = instead.lane;
      // Only the last form shows what was wrong. An earlier error may name a parameter because the client put that name there.
      ({ lacks } = instead);
      response = await ask();
    }
    const answer = dropping(lane.answer, dropped);
    const reading = { abort, arrived, answer };
    const isUseless =
      answer.isUseless && ((data: string) => isTime(deadline) && inLane(() => answer.isUseless?.(data) === true));
    const first = await readAnswer(call, request, target, response, { ...reading, isUseless });
    const useless = first.kind === "useless";
    if (useless) {
      twice = { wasted: first.used };
      // The first byte of the useless answer has stopped it.
      startTimer();
    }
    const answered = useless ? await readAnswer(call, request, target, await ask(), reading) : first;
    if (answered.kind === "useless") return { ...NOTHING_SAID, ...twice };
    const isAnswer = answered.kind === "stream" || answered.kind === "whole";
    return {
      ...answered,
      ...(isAnswer && lacks !== null && { lacks }),
      ...twice,
    };
  } catch (error) {
    // Nobody will read the rest.
    abort();
    if (error instanceof Bug) throw error.cause;
    if (signal.aborted) return { kind: "client_left", asked: true, ...twice };
    if (late) {
      const detail = `it did not answer within ${Math.round(timeoutMs / 1000)} s`;
      return { kind: "failed", transport: "timeout", detail, ...twice };
    }
    // The runtime's words for a connection fault hold no secrets: they name neither URL nor header.
    const detail = error instanceof Error ? error.message : "connection failed";
    const transport = error instanceof NotThisWay ? "egress" : transportOf(detail);
    return { kind: "failed", transport, detail, ...twice };
  } finally {
    clearTimeout(timer);
  }
}

/** Tells an exception of a lane from one of the connection: it is the relay's own fault, and no account is blamed for it. */
class Bug extends Error {}

/** Runs code of a lane. Throws a `Bug` for whatever that throws. */
function inLane<Value>(work: () => Value): Value {
  try {
    return work();
  } catch (cause) {
    throw new Bug("a lane has failed", { cause });
  }
}

/**
 * Makes what closes the connection to an upstream; it also closes when the client of `signal` leaves. Not part of `send`: whoever
 * reads a stream holds `abort` while it runs, and a closure keeps alive all that its neighbours use, in `send` the request's body.
 */
function connectionFor(signal: AbortSignal | null): { closed: AbortSignal; abort: () => void } {
  const upstream = new AbortController();
  const abort = () => upstream.abort();
  // The incoming signal itself is ignored by outgoing fetches (platform), so it is handed on.
  signal?.addEventListener("abort", abort, { once: true });
  return { closed: upstream.signal, abort };
}

/** Whether there is time for another request; with less it would most likely be given up in the middle. */
function isTime(deadline: number): boolean {
  return deadline - Date.now() >= SHORTEST_TRY_MS;
}

interface Reading {
  abort: () => void;
  /** Called when the first bytes arrive. Returns for how many milliseconds the beginning may be held. */
  arrived: () => number;
  answer: AnswerLane;
  /** Missing if the upstream may not be asked again. */
  isUseless?: AnswerLane["isUseless"];
}

/** Reads a response as far as is needed to tell what it is. */
async function readAnswer(
  call: Sending,
  request: RelayRequest | null,
  target: Target,
  came: Response,
  reading: Reading,
): Promise<Sent | Useless> {
  const unlabelled = came.ok && request?.stream && !isLabelled(came.headers);
  const response = unlabelled ? await sniffContentType(came) : came;
  const { isUseless } = reading;
  const { body } = response;
  if (response.ok && body && isStream(target, request, response.headers, reading.answer)) {
    return openStream(call, target, response, body, reading);
  }
  const bytes = response.ok
    ? await wholeBody(response, LARGEST_ANSWER_BYTES)
    : await bytesAtMost(response, LARGEST_ERROR);
  if (bytes === null) {
    reading.abort();
    return answerTooLarge(target, reading.answer);
  }
  if (response.ok && bytes.length < ERROR_MAX_BYTES && isUseless?.(new TextDecoder().decode(bytes))) {
    const { usage } = readingOf(target.protocol, call.route.path, bytes);
    return { kind: "useless", used: Promise.resolve(usage) };
  }
  return wholeAnswer(call, target, response, bytes, reading.answer);
}

const NOTHING_SAID: Sent = { kind: "failed", transport: "ended_early", detail: "its answer says nothing" };

/** Whether the body is a stream: events, or one JSON array, element by element, which Gemini sends when it is not asked for events. */
function isStream(
  { protocol }: Target,
  request: RelayRequest | null,
  headers: Headers,
  { translates }: AnswerLane,
): boolean {
  if (isLabelled(headers)) return true;
  // A translation always asks for events.
  if (translates) return false;
  const isJson = headers.get("content-type")?.includes("json") ?? false;
  return WIRE[protocol].errorElement !== undefined && request?.stream === true && isJson;
}

function isLabelled(headers: Headers): boolean {
  return headers.get("content-type")?.includes("text/event-stream") ?? false;
}

async function openStream(
  call: Sending,
  { protocol }: Target,
  response: Response,
  body: ReadableStream<Uint8Array>,
  { abort, arrived, answer, isUseless }: Reading,
): Promise<Sent | Useless> {
  const { status, headers } = response;
  // The copy is buffered by the runtime; no JavaScript runs per chunk.
  const [rest, copy] = body.tee();
  const { first, shown, pending } = await readPrelude(rest, WIRE[protocol], !isLabelled(headers), arrived, isUseless);
  if (call.http.signal.aborted) {
    abort();
    const meter = WIRE[protocol].streamMeter();
    meter.feed(first);
    return { kind: "client_left", asked: true, response: meter.end().response };
  }
  switch (shown.kind) {
    case "useless":
      pending?.catch(() => undefined);
      void rest.cancel().catch(() => undefined);
      return { kind: "useless", used: usageOfRest(protocol, copy) };
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

/** Every account would answer the same and be paid for it. So this is an error of the request, and nobody else is asked. */
function answerTooLarge({ protocol }: Pick<Target, "protocol">, answer: AnswerLane): Sent {
  const message = `The answer is larger than ${LARGEST_ANSWER_BYTES / MEGABYTE} MB: ask for less at once, or for a stream.`;
  const face = { status: 413, category: "too_large", message, retryable: false } as const;
  const body = new TextEncoder().encode(WIRE[protocol].errorBody(face, ""));
  return { kind: "whole", status: face.status, headers: new Headers(JSON_TYPE), body, answer, unread: true };
}

/** The answer of an account that maps the model to a name that no path can hold: it does not know the model. */
function modelUnknown(target: Target, answer: AnswerLane): Sent {
  const body = new TextEncoder().encode(unknownModelOf(target));
  return { kind: "whole", status: 404, headers: new Headers(JSON_TYPE), body, answer };
}

const JSON_TYPE = { "content-type": "application/json" };

function unknownModelOf({ protocol, model }: Pick<Target, "protocol" | "model">): string {
  const message =
    model === ""
      ? "The account's provider has nothing of this kind."
      : "The account's own name for this model is none that a URL can hold.";
  return WIRE[protocol].errorBody({ status: 404, category: "not_found", message, retryable: false }, "");
}

/** The same answer; it also names what the account's kind has left out of the request. */
function dropping(answer: AnswerLane, dropped: readonly string[]): AnswerLane {
  return dropped.length === 0 ? answer : { ...answer, dropped: [...answer.dropped, ...dropped] };
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
  // A request that looks up a failed response gets that response, and has not failed itself.
  const small = status < 300 && route.operation === "generate" && body.length < ERROR_MAX_BYTES;
  const error = small ? WIRE[protocol].errorIn(new TextDecoder().decode(body)) : null;
  return { kind: "whole", status: error?.status ?? status, headers, body, answer };
}
