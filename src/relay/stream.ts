/**
 * The stream to the client: a native pipe, and a meter that reads a copy beside it. No JavaScript runs per chunk, because it
 * would cost 0.1 ms per chunk (measured), and the free plan has 10 ms of CPU per request.
 */
import type { Target } from "../pool/target.ts";
import type { StreamMeter } from "../protocols/meter.ts";
import { type Stage, UnreadableStream } from "../protocols/translate/lane.ts";
import { WIRE } from "../protocols/wire.ts";
import { describe } from "../refusal.ts";
import type { Outcome } from "../store/schema.ts";
import type { Call } from "./call.ts";
import { LONGEST_SILENCE_MS } from "./deadline.ts";
import { CLIENT_LEFT_STATUS, keepLeases, recordBug, releaseAfterFailure } from "./resources.ts";
import type { UpstreamStream } from "./send.ts";
import type { Ending, Settle } from "./settle.ts";
import { StreamEnd } from "./stream-end.ts";

/**
 * The time between the error event and the break. A connection that breaks drops what is still queued, at the edge and in the
 * client's own stream, and the client should read the event first.
 */
const BREAK_AFTER_MS = 50;
/** How long a client may take to read the rest of its answer after the upstream has ended. Then others need the memory. */
const LONGEST_TAKING_MS = 300_000;
/** How much is read from the copy at once. Nearly every answer fits in whole; a larger buffer costs more to clear. */
const READ_BYTES = 32 * 1024;
/** Roughly how much the copy may hold between two reads of a running stream. */
const HELD_BYTES = 256 * 1024;
/** The silence after which a translated stream pings its client: proxies close a connection that is silent for a minute. */
const PING_AFTER_MS = 15_000;
const PING_CHECK_MS = 2_500;
/** The pause before the first read of a running stream's copy. Later pauses follow the stream's rate, within the bounds below. */
const FIRST_PAUSE_MS = 250;
const SHORTEST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 10_000;

/** What to do when a stream ends, and what it may do until then. */
export interface StreamOrders {
  ending: Pick<Ending, "accountKeyId" | "lease" | "attempts" | "wasted"> & { target: Target };
  settle: Settle;
  /** Called if the upstream broke the stream off. */
  broken: () => void;
  /** What changes the stream on its way; null: it goes to the client as it is, piped natively. */
  stage: Stage | null;
  /** How long the upstream may be silent in the middle of an answer. Null, and anything longer, counts as `LONGEST_SILENCE_MS`. */
  idleMs: number | null;
}

/**
 * The response to a client whose stream has begun. Settles exactly once, in `waitUntil`, however the stream ends.
 */
export function streamThrough(call: Call, upstream: UpstreamStream, headers: Headers, orders: StreamOrders): Response {
  // Do not answer with `upstream.rest` itself: a body passed on directly detaches the request, and hang-ups would go unseen.
  const { readable, writable } = new IdentityTransformStream();
  let stopKeeping: (() => void) | undefined;
  const lasting = () => {
    stopKeeping ??= keepLeases(call);
  };
  const errorEvent = errorEventOf(call, headers);
  const settled = pipeAndSettle(call, upstream, writable, { ...orders, errorEvent, lasting }).catch((error) =>
    releaseAfterFailure(call, error),
  );
  call.ctx.waitUntil(settled.finally(() => stopKeeping?.()));
  headers.set("x-request-id", call.id);
  headers.set("cache-control", "no-store, no-transform");
  return new Response(readable, { status: upstream.status, headers });
}

/** The orders, with what `streamThrough` adds. */
interface StreamWork extends StreamOrders {
  /** Makes the error that is sent after an answer that broke off. */
  errorEvent: (why: string, end: StreamEnd) => string;
  /** Called when a stream outlives its first pause. Before that its leases need no renewal, and no timer for it. */
  lasting: () => void;
}

/** How an error is written at the end of a stream with these headers, in the client's format. */
function errorEventOf({ route }: Call, headers: Headers): (why: string, end: StreamEnd) => string {
  const { errorEvent, errorElement } = WIRE[route.protocol];
  const isEvents = headers.get("content-type")?.includes("event-stream") ?? false;
  return isEvents || !errorElement ? (why, end) => end.followedBy(errorEvent(why)) : errorElement;
}

/** The same stage; it shows `end` what the client is sent, and tells `failed` of its own bugs. */
function watched(stage: Stage, end: StreamEnd, failed: (bug: unknown) => void): Stage {
  const watch = (work: () => Uint8Array) => {
    try {
      const piece = work();
      // A stage that translates ends a broken stream itself.
      if (!stage.own) end.observe(piece);
      return piece;
    } catch (error) {
      if (!(error instanceof UnreadableStream)) failed(error);
      throw error;
    }
  };
  const { own } = stage;
  return { ...(own && { own }), push: (chunk) => watch(() => stage.push(chunk)), end: () => watch(() => stage.end()) };
}

async function pipeAndSettle(
  call: Call,
  upstream: UpstreamStream,
  writable: WritableStream<Uint8Array>,
  orders: StreamWork,
): Promise<void> {
  const meter = WIRE[orders.ending.target.protocol].streamMeter();
  const dropped = new AbortController();
  const end = new StreamEnd();
  const bugs: unknown[] = [];
  const stage = orders.stage && watched(orders.stage, end, (bug) => bugs.push(bug));
  const feed = (bytes: Uint8Array) => {
    meter.feed(bytes);
    // Without a stage the copy is what the client gets.
    if (!stage) end.observe(bytes);
  };
  const pass = stage?.own ? translateOn : pipeOn;
  let piping = true;
  const pipe = pass(call, upstream, writable, stage, dropped).then((whole) => {
    piping = false;
    // Otherwise the copy would go on to pull the whole answer, which is paid for and which nobody reads.
    if (!whole) upstream.abort();
    return whole;
  });
  const idleMs = Math.min(orders.idleMs ?? LONGEST_SILENCE_MS, LONGEST_SILENCE_MS);
  const fellSilent = await readCopy(upstream, { feed, pipe, idleMs, lasting: orders.lasting });
  // The upstream has ended. A client that is slow to take the rest gets this long; a complete answer is settled without waiting for it.
  const timer = piping ? setTimeout(() => dropped.abort(), LONGEST_TAKING_MS) : undefined;
  const piped = pipe.finally(() => clearTimeout(timer));
  const { complete: isSaid, errored, ...reading } = meter.end();
  // A native pipe that was given up still waits for a write that nobody takes. The booking does not wait for it.
  const left = !isSaid && !(await Promise.race([piped, givenUp(dropped.signal)])) && call.http.signal.aborted;
  const own = stage?.own;
  // Some services end a stream without an event for it; their translation knows that.
  const complete = isSaid || (own?.finished() ?? false);
  const failed = bugs.length > 0;
  const outcome: Outcome = failed ? "internal" : complete ? "completed" : left ? "client_left" : "upstream_broke";
  const status = outcome === "client_left" ? CLIENT_LEFT_STATUS : upstream.status;
  // Sent before the client sees the end, so that its next request finds the lease free.
  const settled = orders.settle({ status, outcome, ttftMs: upstream.ttftMs, ...orders.ending, ...reading });
  if (outcome === "upstream_broke") orders.broken();
  for (const bug of bugs) recordBug(call, bug);
  const silent = `The upstream was silent for ${Math.round(idleMs / 1000)} s.`;
  const why = failed ? describe({ reason: "internal" }, Date.now()).message : fellSilent ? silent : BROKE_OFF;
  // A write that is under way ends when the client reads on, or when its time is over.
  const whole = await piped;
  try {
    const gone = dropped.signal.aborted;
    // An answer that has said why it ends is whole, even if the upstream broke off after that.
    const rest = own && complete && !whole && !gone && !failed ? stage?.end() : undefined;
    const clean = !failed && (own ? own.finished() : complete || errored);
    const last = () => (own ? own.broken(why) : encoder.encode(orders.errorEvent(why, end)));
    await finish(writable, clean && !gone, gone ? [] : [rest ?? NOTHING, clean ? NOTHING : last()]);
  } finally {
    // Even if the client's side fails: nothing else keeps the invocation alive until the request is booked.
    await settled;
  }
}

/** Resolves with false once the client's side is given up. */
function givenUp(signal: AbortSignal): Promise<false> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(false), { once: true }));
}

/** Pipes until the upstream ends (true) or either side breaks (false). Leaves the client's side open. */
async function pipeOn(
  call: Call,
  upstream: UpstreamStream,
  writable: WritableStream<Uint8Array>,
  stage: Stage | null,
  dropped: AbortController,
): Promise<boolean> {
  const { signal } = dropped;
  const hungUp = () => dropped.abort();
  call.http.signal.addEventListener("abort", hungUp, { once: true });
  try {
    const writer = writable.getWriter();
    const drop = () => void writer.abort().catch(() => undefined);
    signal.addEventListener("abort", drop, { once: true });
    try {
      for await (const chunk of beginningOf(upstream)) {
        const piece = stage ? stage.push(chunk) : chunk;
        if (piece.length > 0) await writer.write(piece);
      }
    } finally {
      signal.removeEventListener("abort", drop);
      // Even if the client has gone: `finish` needs the client's side unlocked.
      writer.releaseLock();
    }
    if (call.http.signal.aborted) return false;
    const rest = stage ? upstream.rest.pipeThrough(through(stage)) : upstream.rest;
    await rest.pipeTo(writable, { preventClose: true, preventAbort: true, signal });
    return true;
  } catch {
    return false;
  } finally {
    call.http.signal.removeEventListener("abort", hungUp);
  }
}

/** The same through a translation, which also pings the client while the upstream is silent. */
async function translateOn(
  call: Call,
  upstream: UpstreamStream,
  writable: WritableStream<Uint8Array>,
  stage: Stage | null,
  dropped: AbortController,
): Promise<boolean> {
  const { signal } = dropped;
  const hungUp = () => dropped.abort();
  call.http.signal.addEventListener("abort", hungUp, { once: true });
  const writer = writable.getWriter();
  let reader: ReadableStreamDefaultReader<Uint8Array> | null = null;
  const drop = () => {
    void writer.abort().catch(() => undefined);
    void reader?.cancel().catch(() => undefined);
  };
  signal.addEventListener("abort", drop, { once: true });
  let spokenAt = Date.now();
  // A client that does not read is not pinged.
  let writing = false;
  const write = async (piece: Uint8Array | undefined) => {
    if (!piece || piece.length === 0) return;
    writing = true;
    await writer.write(piece);
    writing = false;
    spokenAt = Date.now();
  };
  const pinging = setInterval(() => {
    if (!writing && Date.now() - spokenAt >= PING_AFTER_MS) write(stage?.own?.ping()).catch(() => undefined);
  }, PING_CHECK_MS);
  try {
    for await (const chunk of beginningOf(upstream)) await write(stage?.push(chunk));
    reader = upstream.rest.getReader();
    while (!signal.aborted) {
      const { done, value } = await reader.read();
      // A cancelled read looks like the end of the stream.
      if (signal.aborted) break;
      if (done) {
        await write(stage?.end());
        return true;
      }
      await write(stage?.push(value));
    }
    return false;
  } catch {
    return false;
  } finally {
    clearInterval(pinging);
    signal.removeEventListener("abort", drop);
    call.http.signal.removeEventListener("abort", hungUp);
    reader?.releaseLock();
    writer.releaseLock();
  }
}

/** What was read of a stream before it was passed on, and then what the read brings that was under way. */
async function* beginningOf({ first, pending }: UpstreamStream): AsyncGenerator<Uint8Array> {
  // It may reject before it is awaited below, and would count as unhandled.
  pending?.catch(() => undefined);
  yield first;
  const next = await pending;
  if (next) yield next;
}

function through(stage: Stage): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      const piece = stage.push(chunk);
      if (piece.length > 0) controller.enqueue(piece);
    },
    flush: (controller) => {
      const piece = stage.end();
      if (piece.length > 0) controller.enqueue(piece);
    },
  });
}

/**
 * Feeds everything that was received to the meter, even if the stream broke off. While the pipe runs it reads seldom, because each
 * read is JavaScript: only to bound what the runtime holds of a long stream, and to see one that has gone silent. A short stream is
 * read once, after its end, and needs only the timer that waits for that: a timer costs 20 µs in a profile. Resolves with whether the
 * upstream was given up for its silence.
 */
async function readCopy(
  upstream: UpstreamStream,
  {
    feed,
    pipe,
    idleMs,
    lasting,
  }: { feed: StreamMeter["feed"]; pipe: Promise<unknown>; idleMs: number; lasting: () => void },
): Promise<boolean> {
  const reader = upstream.copy.getReader({ mode: "byob" });
  let buffer = new ArrayBuffer(READ_BYTES);
  let running = true;
  let pauseMs = FIRST_PAUSE_MS;
  let silent = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ended = pipe.then(() => {
    running = false;
  });
  const giveUp = () => {
    silent = true;
    upstream.abort();
  };
  try {
    for (;;) {
      if (running) await pauseUnless(ended, pauseMs);
      const started = running;
      if (started) lasting();
      let taken = 0;
      let full = true;
      // A read that fills the buffer means that more is waiting; a shorter one has emptied the copy for now.
      while (full || !running) {
        // Reads catch up with the stream, so a read that waits too long shows that the upstream has gone silent. After the
        // pipe's end no timer is needed: the upstream has ended, or was given up.
        if (running) timer = setTimeout(giveUp, idleMs);
        const { done, value } = await reader.read(new Uint8Array(buffer));
        clearTimeout(timer);
        if (done) return silent;
        feed(value);
        taken += value.length;
        full = value.length === READ_BYTES;
        buffer = value.buffer as ArrayBuffer;
      }
      if (started) pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, (pauseMs * HELD_BYTES) / taken));
    }
  } catch {
    // The stream broke. Whatever was buffered before has been read.
    return silent;
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves after `ms`, or as soon as the stream has ended. */
async function pauseUnless(ended: Promise<void>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const paused = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([ended, paused]);
  clearTimeout(timer);
}

const encoder = new TextEncoder();
const BROKE_OFF = "The upstream broke off its answer.";

const NOTHING = new Uint8Array();

/**
 * Ends the client's side after the `last` pieces. The end is clean only if the protocol ended, because several clients take a clean
 * end for success. A broken answer gets an error event, if one may follow (an empty piece means none), and then a broken connection.
 * There are no pieces if nobody reads them.
 */
async function finish(writable: WritableStream<Uint8Array>, clean: boolean, last: Uint8Array[]): Promise<void> {
  try {
    // Throws if it was aborted: workerd keeps such a stream locked although its writer was released.
    const writer = writable.getWriter();
    for (const piece of last) if (piece.length > 0) await writer.write(piece);
    if (clean) return await writer.close();
    if (last.length > 0) await scheduler.wait(BREAK_AFTER_MS);
    await writer.abort(new Error(BROKE_OFF));
  } catch {
    // The client has gone; there is nobody left to tell.
  }
}
