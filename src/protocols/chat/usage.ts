/**
 * Where the usage of a Chat Completions answer lies, in streams and in whole responses, and which chunks are no output yet.
 * Serves the routes beside it too (legacy completions, embeddings, images, audio): their usage has the same place.
 */
import { array, object, parse } from "../../ground/json.ts";
import { NO_USAGE, type Usage } from "../../vocabulary.ts";
import { stringEnd, stringLength, valueAt } from "../json.ts";
import { CHARACTERS_PER_TOKEN, type Reading, type StreamMeter } from "../meter.ts";
import { modeOf, usageOf } from "../openai.ts";
import { DataLines } from "../sse.ts";

/**
 * Whether a chunk is no output yet: OpenAI's first names the role and an empty text, Azure's has no choices but what its
 * filter thinks of the prompt. The other streams of these routes have no choices at all, and are not held.
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

/** `duration` is what Whisper's verbose answer has in place of usage. */
export const USAGE_MEMBERS = ["usage", "service_tier", "duration"];

/** Usage of a whole (non-stream) response, from its top-level members. */
export function readWhole(members: Record<string, unknown>): Reading {
  const usage = usageOf(members.usage) ?? secondsOf(object(members.usage)?.seconds ?? members.duration);
  return {
    usage: usage ?? NO_USAGE,
    mode: modeOf(members.service_tier),
    complete: true,
    errored: false,
    estimated: !usage,
  };
}

/** Sound is billed by the second, rounded. */
function secondsOf(duration: unknown): Usage | null {
  return typeof duration === "number" && duration > 0
    ? { ...NO_USAGE, seconds: Math.max(1, Math.round(duration)) }
    : null;
}

/** A meter for one streamed response. */
export function streamMeter(): StreamMeter {
  // Some services report running totals in every chunk, so only the last chunk with usage is parsed, at the end.
  let withUsage = "";
  let tier: unknown;
  let started = false;
  let final = false;
  let done = false;
  let errored = false;
  let characters = 0;

  const lines = new DataLines((data) => {
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
    // Images and transcriptions: `image_generation.completed`, `transcript.text.done`, with the usage in it.
    if (/\.(?:completed|done)$/.test(String(event.type)) && event.usage) final = true;
  });

  return {
    feed: (chunk) => lines.feed(chunk),
    end: () => {
      lines.end();
      const last = object(parse(withUsage));
      const reported = usageIn(last);
      const mode = modeOf(last?.service_tier ?? tier);
      // A compatible service may leave out either end. An answer that failed is ended by some with the second.
      const complete = final || (done && !errored);
      if (complete && reported) return { usage: reported, mode, complete, errored, estimated: false };
      const usage = reported ?? NO_USAGE;
      const output = Math.max(usage.output, Math.ceil(characters / CHARACTERS_PER_TOKEN));
      return { usage: { ...usage, output }, mode, complete, errored, estimated: started };
    },
  };
}

/** What a chunk or an answer says was used: Moonshot has it in the last choice, Groq in an extension. */
export function usageIn(event: Record<string, unknown> | undefined): Usage | null {
  if (event?.usage) return usageOf(event.usage);
  return usageOf(object(array(event?.choices)[0])?.usage ?? object(event?.x_groq)?.usage);
}

/** A choice that ends with one of these broke on the service's side: OpenRouter's, GLM's, DeepSeek's. */
const FAILURES: ReadonlySet<unknown> = new Set(["error", "network_error", "insufficient_system_resource"]);

export function isFailure(finishReason: unknown): boolean {
  return FAILURES.has(finishReason);
}

/** Whether a chunk's choice ends here. Ordinary chunks say null, some services an empty string. */
function finishes(data: string): boolean {
  const reason = valueAt(data, 'finish_reason"');
  return reason >= 0 && data[reason] === '"' && data[reason + 1] !== '"';
}

/** Characters of output in a chunk, near enough for an estimate. `delta` is where its delta begins. */
function deltaLength(data: string, delta: number): number {
  // A transcript's delta is the text itself.
  if (data[delta] === '"') return Math.max(0, stringEnd(data, delta + 1) - delta - 1);
  // Where both names are sent (for old and new clients), they hold the same text.
  const reasoning = stringLength(data, 'reasoning_content"', delta) || stringLength(data, 'reasoning"', delta);
  const words = stringLength(data, 'content"', delta) + stringLength(data, 'refusal"', delta);
  return words + reasoning + argumentsLength(data, delta);
}

/** Several tool calls may share a chunk; a custom tool's input is text under another name. */
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
