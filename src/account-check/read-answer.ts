/**
 * Reads the answer to a check: its text as it comes, and in the end either what an answer has to show, or the fault.
 * Knows nothing of the account's health.
 */
import { object, parse } from "../ground/json.ts";
import type { Target } from "../pool/target.ts";
import { DataLines } from "../protocols/sse.ts";
import { WIRE } from "../protocols/wire.ts";
import { readErrorBody } from "../providers/faults/error-body.ts";
import { classify, type Fault } from "../providers/faults.ts";
import { faultOf, transportFault } from "../relay/fault.ts";
import type { Sent, UpstreamStream } from "../relay/send.ts";
import type { Usage } from "../vocabulary.ts";

/** How long an answer may take as a whole: whoever checks an account does not wait longer. */
const LONGEST_MS = 60_000;
/** How much of an error body is looked at. */
const ERROR_BODY_BYTES = 64 * 1024;

export type CheckAnswer =
  | { ok: true; headers: Headers; model: string | null; ttftMs: number | null; usage: Usage }
  /** `message`: the upstream's own, or "". */
  | { ok: false; fault: Fault; message: string }
  /** Whoever asked has left. */
  | { ok: false; fault: null };

/** Yields the pieces of text; returns what came of it. `left` aborts when whoever asked has left. */
export async function* readAnswer(target: Target, sent: Sent, left: AbortSignal): AsyncGenerator<string, CheckAnswer> {
  switch (sent.kind) {
    case "client_left":
    // A check speaks the account's own format.
    case "untranslated":
      return { ok: false, fault: null };
    case "failed":
      return { ok: false, fault: transportFault(target.account.platform, sent.transport, Date.now()), message: "" };
    case "stream":
      return yield* readStream(target, sent.stream, left);
    case "whole":
      return yield* readWhole(target, sent);
  }
}

/** What the events of a stream have said so far; `text` since the last piece. */
interface Seen {
  model: string | null;
  error: { status: number; body: string } | null;
  text: string;
}

async function* readStream(
  target: Target,
  stream: UpstreamStream,
  left: AbortSignal,
): AsyncGenerator<string, CheckAnswer> {
  const wire = WIRE[target.protocol];
  const meter = wire.streamMeter();
  const seen: Seen = { model: null, error: null, text: "" };
  const lines = new DataLines((data) => {
    const said = wire.check.textOfEvent(object(parse(data)) ?? {});
    seen.model ??= said.model;
    seen.text += said.text;
    if (!said.text) seen.error ??= wire.errorIn(data);
  });
  const take = (chunk: Uint8Array): string => {
    meter.feed(chunk);
    seen.text = "";
    lines.feed(chunk);
    return seen.text;
  };
  // Both branches pull; the one that is not read would pile up.
  stream.copy.cancel().catch(() => {});
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    stream.abort();
  }, LONGEST_MS);
  let broken = false;
  try {
    yield take(stream.first);
    const pending = await stream.pending;
    if (pending) yield take(pending);
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
  if (seen.error) return failed(target, { ...seen.error, headers });
  const transport = late ? "timeout" : broken ? "reset" : "ended_early";
  return { ok: false, fault: transportFault(target.account.platform, transport, Date.now()), message: "" };
}

async function* readWhole(target: Target, sent: Extract<Sent, { kind: "whole" }>): AsyncGenerator<string, CheckAnswer> {
  const { check, readWhole: usageIn } = WIRE[target.protocol];
  const body = new TextDecoder().decode(sent.body.subarray(0, ERROR_BODY_BYTES));
  const fault = faultOf(target, sent, Date.now());
  const answer = object(parse(body)) ?? {};
  const said = check.textOfAnswer(answer);
  // What holds no answer is none, although the relay hands it on: it does not look into what it passes.
  if (fault || !said) return failed(target, { status: sent.status, headers: sent.headers, body });
  yield said.text;
  const { usage } = usageIn(answer);
  return { ok: true, headers: sent.headers, model: said.model, ttftMs: null, usage };
}

function failed(
  { account: { platform }, family }: Target,
  { status, headers, body }: { status: number; headers: Headers; body: string },
): CheckAnswer {
  const fault = classify({ platform, family, status, headers, body }, Date.now());
  return { ok: false, fault, message: readErrorBody(parse(body)).message };
}
