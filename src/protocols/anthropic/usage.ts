/**
 * Anthropic Messages: its error envelope, and where its usage lies in streams and in whole responses.
 * Facts: the Messages API reference; `message_delta.usage` is cumulative, `input_tokens` excludes the cache.
 */
import type { Category, Face } from "../../refusal.ts";
import { NO_USAGE, type Usage } from "../../vocabulary.ts";
import { count, object, parse } from "../json.ts";
import { CHARACTERS_PER_TOKEN, type PriceMode, type Reading, type StreamMeter } from "../meter.ts";
import { DataLines } from "../sse.ts";
import { withIterations } from "./iterations.ts";

const ERROR_TYPES: Record<Category, string> = {
  invalid_request: "invalid_request_error",
  authentication: "authentication_error",
  billing: "billing_error",
  permission: "permission_error",
  not_found: "not_found_error",
  model_not_found: "not_found_error",
  previous_response_not_found: "not_found_error",
  too_large: "request_too_large",
  rate_limit: "rate_limit_error",
  upstream: "api_error",
  overloaded: "overloaded_error",
};

/** The body of a refusal: `{type:"error",error:{type,message},request_id}`. */
export function errorBody(face: Face, requestId: string): string {
  const error = { type: ERROR_TYPES[face.category], message: face.message };
  return JSON.stringify({ type: "error", error, request_id: requestId });
}

/** The event that tells a client that its stream broke. Several clients take a clean end for success. */
export function errorEvent(message: string): string {
  return `event: error\ndata: ${JSON.stringify({ type: "error", error: { type: "api_error", message } })}\n\n`;
}

/** The statuses that the API documents for its error types: what an error event would have been as a response. */
const STATUS_OF_ERROR: Record<string, number> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

/**
 * When `text` (the beginning of a stream, or a whole body) is an error: the response it should have been, with the
 * upstream's own bytes for a body. Otherwise null.
 */
export function errorIn(text: string): { status: number; body: string } | null {
  const data = text.match(/^(?:event:[^\n]*\n)?data:([^\n]*)/)?.[1] ?? text;
  const parsed = object(parse(data));
  const error = object(parsed?.error);
  if (parsed?.type !== "error" || !error) return null;
  return { status: STATUS_OF_ERROR[String(error.type)] ?? 500, body: data.trim() };
}

/** Whether an event is no output yet: text and thinking begin empty, but a tool's name is the model's own word. */
export function isPrelude(data: string): boolean {
  const event = object(parse(data));
  if (event?.type === "message_start" || event?.type === "ping") return true;
  if (event?.type !== "content_block_start") return false;
  const block = object(event.content_block);
  return (block?.type === "text" && block.text === "") || (block?.type === "thinking" && block.thinking === "");
}

export const USAGE_MEMBERS = ["usage"];

/** Usage of a whole (non-stream) response, from its top-level `usage`. */
export function readWhole(members: Record<string, unknown>): Reading {
  const counts = object(members.usage);
  const known = counts !== undefined;
  return {
    ...withIterations(mergeUsage(NO_USAGE, counts), counts, readTurn),
    mode: modeOf(counts),
    ...placeOf(counts),
    complete: true,
    errored: false,
    estimated: !known,
  };
}

/** A meter for one streamed response. */
export function streamMeter(): StreamMeter {
  let usage = NO_USAGE;
  let mode: PriceMode = "standard";
  let started = false;
  let final = false;
  let counted = false;
  let stopped = false;
  let errored = false;
  let characters = 0;
  /** The last counts that tell of turns. */
  let turns: Record<string, unknown> | undefined;
  let place: Pick<Reading, "placeMilli"> = {};

  const lines = new DataLines((data) => {
    // Nearly every line is a delta; telling that from its first characters is what keeps the meter under a millisecond.
    const head = data.slice(0, 48);
    if (head.includes("content_block_delta")) {
      characters += deltaLength(data);
      return;
    }
    if (head.includes("content_block_") || head.includes('"ping"')) return;
    const event = object(parse(data));
    if (event?.type === "message_start") {
      started = true;
      const first = object(object(event.message)?.usage);
      usage = mergeUsage(usage, first);
      mode = modeOf(first);
      place = placeOf(first);
    } else if (event?.type === "message_delta") {
      const counts = object(event.usage);
      usage = mergeUsage(usage, counts);
      if (counts?.iterations) turns = counts;
      place = { ...place, ...placeOf(counts) };
      if (count(counts?.output_tokens) > 0 || (counts?.output_tokens === 0 && characters === 0)) counted = true;
      if (modeOf(counts) !== "standard") mode = modeOf(counts);
      // A compatible upstream may lose its last frame; a stop reason says that the answer itself is whole.
      if (object(event.delta)?.stop_reason) final = true;
    } else if (event?.type === "message_stop") {
      stopped = true;
    } else if (event?.type === "error") {
      errored = true;
    }
  });

  return {
    feed: (chunk) => lines.feed(chunk),
    end: () => {
      lines.end();
      const complete = stopped || final;
      // `message_start` has an output of one or so, before there is any: only what comes at the end is exact.
      if (complete && counted) {
        return { ...withIterations(usage, turns, readTurn), mode, ...place, complete, errored, estimated: false };
      }
      const output = Math.max(usage.output, Math.ceil(characters / CHARACTERS_PER_TOKEN));
      return { usage: { ...usage, output }, mode, ...place, complete, errored, estimated: started };
    },
  };
}

function readTurn(counts: Record<string, unknown>): Usage {
  return mergeUsage(NO_USAGE, counts);
}

/** Later counts replace earlier ones, since they are cumulative; a zero does not erase what was already reported. */
function mergeUsage(before: Usage, counts: Record<string, unknown> | undefined): Usage {
  if (!counts) return before;
  const later = (name: string, known: number) => count(counts[name]) || known;
  return {
    ...before,
    ...cacheWrites(before, counts),
    input: later("input_tokens", before.input),
    cacheRead: later("cache_read_input_tokens", before.cacheRead),
    output: later("output_tokens", before.output),
    reasoning: count(object(counts.output_tokens_details)?.thinking_tokens) || before.reasoning,
    webSearches: count(object(counts.server_tool_use)?.web_search_requests) || before.webSearches,
  };
}

/**
 * Only `message_start` says which cache was written to; `message_delta` repeats the sum alone. So a sum without its
 * parts is split as the parts known so far are, and what was never split went to the default cache, of five minutes.
 */
function cacheWrites(
  before: Usage,
  counts: Record<string, unknown>,
): Pick<Usage, "cacheWrite5m" | "cacheWrite1h"> | null {
  const creation = object(counts.cache_creation);
  const sum = count(counts.cache_creation_input_tokens);
  if (creation) {
    const hour = count(creation.ephemeral_1h_input_tokens);
    const fiveMinutes = Math.max(count(creation.ephemeral_5m_input_tokens), sum - hour);
    if (hour + fiveMinutes > 0) return { cacheWrite5m: fiveMinutes, cacheWrite1h: hour };
  }
  const more = sum - before.cacheWrite5m - before.cacheWrite1h;
  if (more <= 0) return null;
  const hourly = before.cacheWrite5m === 0 && before.cacheWrite1h > 0;
  return {
    cacheWrite5m: before.cacheWrite5m + (hourly ? 0 : more),
    cacheWrite1h: before.cacheWrite1h + (hourly ? more : 0),
  };
}

/** Inference that stays in the United States costs a tenth more, whatever kind of token (data residency). */
function placeOf(counts: Record<string, unknown> | undefined): Pick<Reading, "placeMilli"> {
  return counts?.inference_geo === "us" ? { placeMilli: 1_100 } : {};
}

function modeOf(counts: Record<string, unknown> | undefined): PriceMode {
  if (counts?.speed === "fast") return "fast";
  return counts?.service_tier === "priority" ? "priority" : "standard";
}

/** Characters of output in a delta line, near enough for an estimate: what follows the `_delta","…":"` of its type. */
function deltaLength(data: string): number {
  if (data.includes("signature_delta")) return 0;
  const kind = data.indexOf("_delta", data.indexOf('"delta"'));
  const value = data.indexOf('"', data.indexOf(":", kind) + 1);
  const end = data.lastIndexOf('"');
  return kind > 0 && end > value ? end - value - 1 : 0;
}
