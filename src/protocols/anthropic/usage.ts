/**
 * Where a Messages answer has its usage, in streams and in whole responses, and which events are not output yet.
 * Facts: the Messages API reference; `message_delta.usage` is cumulative, `input_tokens` excludes the cache.
 */
import { count, object, parse } from "../../ground/json.ts";
import { NO_USAGE, type Usage } from "../../vocabulary.ts";
import { CHARACTERS_PER_TOKEN, type PriceMode, type Reading, type StreamMeter } from "../meter.ts";
import { DataLines } from "../sse.ts";
import { withIterations } from "./iterations.ts";
import { DEAREST_PLACE_MILLI } from "./place.ts";

/** Whether an event is not output yet. Text and thinking blocks begin empty, but a tool's name already comes from the model. */
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
  /** The latest counts that list turns. */
  let turns: Record<string, unknown> | undefined;
  let place: Pick<Reading, "placeMilli"> = {};

  const lines = new DataLines((data) => {
    // Nearly every line is a delta. Recognising one by its first characters keeps the meter under a millisecond.
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
      // A compatible upstream may lose its last frame. A stop reason shows that the answer is whole all the same.
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
      // `message_start` reports an output of about one token before there is any. Only the figure at the end is exact.
      if (complete && counted) {
        return { ...withIterations(usage, turns, readTurn), mode, ...place, complete, errored, estimated: false };
      }
      const output = Math.max(usage.output, Math.ceil(characters / CHARACTERS_PER_TOKEN));
      return { usage: { ...usage, output }, mode, ...place, complete, errored, estimated: started };
    },
  };
}

/** What the events of a stream have told so far. The figures are the same that the meter reads from the stream's bytes. */
export class UsageSoFar {
  #usage = NO_USAGE;
  /** The latest counts that list turns. */
  #turns: Record<string, unknown> | undefined;

  /** The `usage` of `message_start` or `message_delta`. */
  add(counts: Record<string, unknown> | undefined): void {
    this.#usage = mergeUsage(this.#usage, counts);
    if (counts?.iterations) this.#turns = counts;
  }

  known(): Usage {
    return withIterations(this.#usage, this.#turns, readTurn).usage;
  }
}

function readTurn(counts: Record<string, unknown>): Usage {
  return mergeUsage(NO_USAGE, counts);
}

/** Later counts replace earlier ones, because they are cumulative. A zero does not erase what was reported before. */
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
 * Only `message_start` says which cache was written to; `message_delta` repeats only the sum. So a sum without its parts is
 * split in the proportion known so far. A sum that was never split went to the default cache, the one of five minutes.
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

function placeOf(counts: Record<string, unknown> | undefined): Pick<Reading, "placeMilli"> {
  return counts?.inference_geo === "us" ? { placeMilli: DEAREST_PLACE_MILLI } : {};
}

function modeOf(counts: Record<string, unknown> | undefined): PriceMode {
  if (counts?.speed === "fast") return "fast";
  return counts?.service_tier === "priority" ? "priority" : "standard";
}

/** Characters of output in a delta line, close enough for an estimate: counts what follows `_delta","…":"`. */
function deltaLength(data: string): number {
  if (data.includes("signature_delta")) return 0;
  const kind = data.indexOf("_delta", data.indexOf('"delta"'));
  const value = data.indexOf('"', data.indexOf(":", kind) + 1);
  const end = data.lastIndexOf('"');
  return kind > 0 && end > value ? end - value - 1 : 0;
}
