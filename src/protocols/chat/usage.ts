/**
 * Where a Chat Completions answer has its usage, in streams and in whole responses, and which chunks are not output yet.
 * Also serves the routes beside it (legacy completions, embeddings, images, audio), whose usage is in the same place.
 */
import { array, object, parse } from "../../ground/json.ts";
import { NO_USAGE, type Usage } from "../../vocabulary.ts";
import { stringEnd, stringLength, valueAt } from "../json.ts";
import { CHARACTERS_PER_TOKEN, type Reading, type StreamMeter } from "../meter.ts";
import { modeOf, usageOf } from "../openai.ts";
import { DataLines } from "../sse.ts";

/**
 * Whether a chunk is not output yet. OpenAI's first chunk has the role and an empty text; Azure's first has no choices, only
 * its filter's findings on the prompt. Streams of the other routes have no choices at all, and are not held back.
 */
export function isPrelude(data: string): boolean {
  const event = object(parse(data));
  if (!Array.isArray(event?.choices) || object(event.usage)) return false;
  return event.choices.map(object).every((choice) => {
    const told = Object.entries({ ...object(choice?.delta), text: choice?.text ?? "" });
    return !choice?.finish_reason && told.every(([name, value]) => name === "role" || isEmpty(value));
  });
}

function isEmpty(value: unknown): boolean {
  return value === null || value === "" || (Array.isArray(value) && value.length === 0);
}

/** The members that `readWhole` needs. Whisper's verbose answer has `duration` instead of `usage`. */
export const USAGE_MEMBERS = ["usage", "service_tier", "duration", "choices"];

/** Usage of a whole (non-stream) response, from its top-level members. */
export function readWhole(members: Record<string, unknown>): Reading {
  const usage = usageOf(members.usage) ?? secondsOf(object(members.usage)?.seconds ?? members.duration);
  return {
    usage: { ...(usage ?? NO_USAGE), webSearches: array(members.choices).some(cites) ? 1 : 0 },
    mode: modeOf(members.service_tier),
    complete: true,
    errored: false,
    estimated: !usage,
  };
}

/** A model that searches does so once for each request, and says so by what it cites alone. */
function cites(choice: unknown): boolean {
  const annotations = array(object(object(choice)?.message)?.annotations);
  return annotations.some((annotation) => object(annotation)?.type === CITATION);
}

const CITATION = "url_citation";

/** Sound is billed by the rounded second. */
function secondsOf(duration: unknown): Usage | null {
  return typeof duration === "number" && duration > 0
    ? { ...NO_USAGE, seconds: Math.max(1, Math.round(duration)) }
    : null;
}

/** A meter for one streamed response. */
export function streamMeter(): StreamMeter {
  // Some services report running totals in every chunk. So only the last chunk with usage is parsed, at the end.
  let withUsage = "";
  let tier: unknown;
  let started = false;
  let final = false;
  let done = false;
  let errored = false;
  let characters = 0;
  let webSearches = 0;

  const lines = new DataLines((data) => {
    if (data.includes(`${CITATION}"`)) webSearches = 1;
    const delta = valueAt(data, 'delta"');
    const usage = valueAt(data, 'usage"');
    if (usage >= 0 && data[usage] === "{") withUsage = data;
    if (delta >= 0 && !finishes(data)) {
      started = true;
      characters += deltaLength(data, delta);
      return;
    }
    if (data.trim() === "[DONE]") {
      done = true;
      return;
    }
    const event = object(parse(data));
    if (!event) return;
    started = true;
    tier = event.service_tier ?? tier;
    if (delta >= 0) characters += deltaLength(data, delta);
    for (const choice of array(event.choices).map(object)) {
      const reason = choice?.finish_reason;
      if (isFailure(reason)) errored = true;
      else if (reason) final = true;
      if (typeof choice?.text === "string") characters += choice.text.length;
    }
    if (event.error || event.type === "error") errored = true;
    // Images and transcriptions end with `image_generation.completed` or `transcript.text.done`, which holds the usage.
    if (/\.(?:completed|done)$/.test(String(event.type)) && event.usage) final = true;
  });

  return {
    feed: (chunk) => lines.feed(chunk),
    end: () => {
      lines.end();
      const last = object(parse(withUsage));
      const reported = usageIn(last);
      const mode = modeOf(last?.service_tier ?? tier);
      // A compatible service may leave out the finish reason or `[DONE]`. Some send `[DONE]` after an answer that failed.
      const complete = final || (done && !errored);
      const usage = { ...(reported ?? NO_USAGE), webSearches };
      if (complete && reported) return { usage, mode, complete, errored, estimated: false };
      const output = Math.max(usage.output, Math.ceil(characters / CHARACTERS_PER_TOKEN));
      return { usage: { ...usage, output }, mode, complete, errored, estimated: started };
    },
  };
}

/** The usage of a chunk or of an answer. Moonshot has it in the last choice, Groq in an extension. */
export function usageIn(event: Record<string, unknown> | undefined): Usage | null {
  if (event?.usage) return usageOf(event.usage);
  return usageOf(object(array(event?.choices)[0])?.usage ?? object(event?.x_groq)?.usage);
}

/** The finish reasons by which OpenRouter, GLM and DeepSeek say that the answer broke on their side. */
const FAILURES: ReadonlySet<unknown> = new Set(["error", "network_error", "insufficient_system_resource"]);

export function isFailure(finishReason: unknown): boolean {
  return FAILURES.has(finishReason);
}

/** Whether a choice of this chunk ends here. In ordinary chunks the reason is null, with some services an empty string. */
function finishes(data: string): boolean {
  const reason = valueAt(data, 'finish_reason"');
  return reason >= 0 && data[reason] === '"' && data[reason + 1] !== '"';
}

/** Characters of output in a chunk, close enough for an estimate. `delta` is the index at which its delta begins. */
function deltaLength(data: string, delta: number): number {
  // A transcript's delta is the text itself, not an object.
  if (data[delta] === '"') return Math.max(0, stringEnd(data, delta + 1) - delta - 1);
  // A service that sends both names (for old and new clients) has the same text under each.
  const reasoning = stringLength(data, 'reasoning_content"', delta) || stringLength(data, 'reasoning"', delta);
  const words = stringLength(data, 'content"', delta) + stringLength(data, 'refusal"', delta);
  return words + reasoning + argumentsLength(data, delta);
}

/** Several tool calls may share a chunk. A custom tool has its input as text, under another name. */
function argumentsLength(data: string, delta: number): number {
  let length = 0;
  const calls = data.indexOf('tool_calls"', delta);
  const from = calls >= 0 ? calls : data.indexOf('function_call"', delta);
  if (from < 0) return 0;
  for (const name of ['arguments"', 'input"']) {
    for (let at = valueAt(data, name, from); at >= 0; at = valueAt(data, name, at)) {
      const end = data[at] === '"' ? stringEnd(data, at + 1) : -1;
      if (end < 0) break;
      length += end - at - 1;
      at = end;
    }
  }
  return length;
}
