/**
 * Reads the answer to a test: its text as it comes, and in the end either what an answer has to show, or the fault.
 * Knows nothing of the account's health.
 */
import * as anthropic from "../protocols/anthropic.ts";
import { DataLines } from "../protocols/sse.ts";
import { readErrorBody } from "../providers/faults/error-body.ts";
import { classify, type Fault } from "../providers/faults.ts";
import type { Sent, UpstreamStream } from "../relay/send.ts";
import { faultOf, transportFault } from "../relay/verdict.ts";
import type { Platform, Usage } from "../vocabulary.ts";

/** The whole of it. Longer than that, nobody looks on. */
const LONGEST_MS = 60_000;
/** How much of an error body is looked at. */
const ERROR_BODY_BYTES = 64 * 1024;

export type Answer =
  | { ok: true; headers: Headers; model: string | null; ttftMs: number | null; usage: Usage }
  /** `message`: the upstream's own, or "". */
  | { ok: false; fault: Fault; message: string }
  /** Whoever asked has left. */
  | { ok: false; fault: null };

/** Yields the pieces of text; returns what came of it. `model` is the name that was sent, `left` that nobody waits. */
export async function* readAnswer(
  platform: Platform,
  model: string,
  sent: Sent,
  left: AbortSignal,
): AsyncGenerator<string, Answer> {
  switch (sent.kind) {
    case "client_left":
      return { ok: false, fault: null };
    case "failed":
      return { ok: false, fault: transportFault(platform, sent.transport, Date.now()), message: "" };
    case "stream":
      return yield* readStream(platform, model, sent.stream, left);
    case "whole":
      return yield* readWhole(platform, model, sent);
  }
}

/** What the events of a stream have said so far; `text` since the last piece. */
interface Seen {
  model: string | null;
  error: { status: number; body: string } | null;
  text: string;
}

async function* readStream(
  platform: Platform,
  model: string,
  stream: UpstreamStream,
  left: AbortSignal,
): AsyncGenerator<string, Answer> {
  const meter = anthropic.streamMeter();
  const seen: Seen = { model: null, error: null, text: "" };
  const lines = new DataLines((data) => {
    const event = fieldsOf(parse(data));
    if (event?.type === "message_start") seen.model = textOf(fieldsOf(event.message)?.model);
    else if (event?.type === "content_block_delta") seen.text += textOf(fieldsOf(event.delta)?.text) ?? "";
    else if (event?.type === "error") seen.error = anthropic.errorIn(data);
  });
  const take = (chunk: Uint8Array): string => {
    meter.feed(chunk);
    seen.text = "";
    lines.feed(chunk);
    return seen.text;
  };
  // Both branches pull; what nobody reads would pile up.
  stream.copy.cancel().catch(() => {});
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    stream.abort();
  }, LONGEST_MS);
  let broken = false;
  try {
    for (const chunk of stream.first) yield take(chunk);
    for await (const chunk of stream.rest) yield take(chunk);
  } catch {
    broken = true;
  } finally {
    clearTimeout(timer);
    stream.abort();
  }
  if (left.aborted) return { ok: false, fault: null };
  const { complete, usage } = meter.end();
  const { headers, ttftMs } = stream;
  if (complete) return { ok: true, headers, model: seen.model, ttftMs, usage };
  if (seen.error) return failed(platform, model, { ...seen.error, headers });
  const transport = late ? "timeout" : broken ? "reset" : "ended_early";
  return { ok: false, fault: transportFault(platform, transport, Date.now()), message: "" };
}

async function* readWhole(
  platform: Platform,
  model: string,
  sent: Extract<Sent, { kind: "whole" }>,
): AsyncGenerator<string, Answer> {
  const body = new TextDecoder().decode(sent.body.subarray(0, ERROR_BODY_BYTES));
  const fault = faultOf(platform, model, sent, Date.now());
  const message = fieldsOf(parse(body));
  // A page with status 200 is no answer, although the relay hands it on: it does not look into what it passes.
  if (fault || message?.type !== "message" || !Array.isArray(message.content)) {
    return failed(platform, model, { status: sent.status, headers: sent.headers, body });
  }
  for (const block of message.content) yield textOf(fieldsOf(block)?.text) ?? "";
  const { usage } = anthropic.readWhole(message.usage);
  return { ok: true, headers: sent.headers, model: textOf(message.model), ttftMs: null, usage };
}

function failed(
  platform: Platform,
  model: string,
  { status, headers, body }: { status: number; headers: Headers; body: string },
): Answer {
  const fault = classify({ platform, model, status, headers, body }, Date.now());
  return { ok: false, fault, message: readErrorBody(parse(body)).message };
}

function fieldsOf(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
