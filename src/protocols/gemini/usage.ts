/**
 * Where a generateContent answer has its usage, in streams and in whole responses, bare or in the `response` of a Code Assist
 * answer, and which chunks are not output yet. Facts: the types of `@google/genai` 3.1.
 */
import { array, count, object, parse } from "../../ground/json.ts";
import { NO_USAGE, type Usage } from "../../vocabulary.ts";
import { stringEnd, valueAt } from "../json.ts";
import { ArrayElements } from "../json-array.ts";
import { CHARACTERS_PER_TOKEN, type PriceMode, type Reading, type StreamMeter } from "../meter.ts";
import { DataLines } from "../sse.ts";

/** Whether a chunk is not output yet: some streams begin with the prompt's count and an empty part. */
export function isPrelude(data: string): boolean {
  const event = object(parse(data));
  if (!event || event.error) return false;
  const answer = answerOf(event);
  if (object(answer.promptFeedback)?.blockReason) return false;
  return array(answer.candidates)
    .map(object)
    .every((candidate) => !isFinal(candidate) && array(object(candidate?.content)?.parts).every(isEmptyPart));
}

function isFinal(candidate: Record<string, unknown> | undefined): boolean {
  return Boolean(candidate?.finishReason) && candidate?.finishReason !== "FINISH_REASON_UNSPECIFIED";
}

function isEmptyPart(part: unknown): boolean {
  return Object.entries(object(part) ?? {}).every(([name, value]) => name === "thought" || value === "");
}

/** The members that `readWhole` needs. Code Assist has the other three inside `response`. */
export const USAGE_MEMBERS = ["usageMetadata", "candidates", "modelVersion", "response"];

/** Usage of a whole (non-stream) response, from its top-level members. */
export function readWhole(members: Record<string, unknown>): Reading {
  const answer = object(members.response) ?? members;
  const counts = object(answer.usageMetadata);
  return {
    usage: { ...usageOf(counts ?? {}), webSearches: searchesIn(answer) },
    mode: modeOf(counts),
    complete: true,
    errored: false,
    estimated: !counts,
  };
}

/** A meter for one streamed response, of events or of one JSON array. */
export function streamMeter(): StreamMeter {
  // Every chunk has usage, and it is cumulative. So only the first and the last are parsed, at the end.
  let first = "";
  let last = "";
  let started = false;
  let complete = false;
  let errored = false;
  let characters = 0;
  let searches = 0;
  let source: DataLines | ArrayElements | null = null;

  const read = (data: string) => {
    if (data.includes('usageMetadata"')) {
      if (first === "") first = data;
      last = data;
    }
    // An ordinary chunk is text. Everything that has to be understood has a name that no ordinary chunk has.
    if (!UNUSUAL.some((name) => data.includes(name))) {
      const length = textLength(data);
      started ||= length > 0 || last === data;
      characters += length;
      return;
    }
    const event = object(parse(data));
    if (!event) return;
    started = true;
    if (event.error) errored = true;
    const answer = answerOf(event);
    // A blocked prompt has no candidates, so this chunk is the last.
    if (object(answer.promptFeedback)?.blockReason) complete = true;
    for (const candidate of array(answer.candidates).map(object)) {
      if (isFinal(candidate)) complete = true;
      for (const part of array(object(candidate?.content)?.parts)) characters += partLength(object(part));
    }
    searches = Math.max(searches, searchesIn(answer));
  };

  return {
    feed: (chunk) => {
      source ??= sourceFor(chunk, read);
      source?.feed(chunk);
    },
    end: () => {
      source?.end();
      const counts = laterCounts(usageMetadataIn(first), usageMetadataIn(last));
      const usage = { ...usageOf(counts), webSearches: searches };
      const mode = modeOf(counts);
      if (complete && last !== "") return { usage, mode, complete, errored, estimated: false };
      const output = Math.max(usage.output, Math.ceil(characters / CHARACTERS_PER_TOKEN));
      return { usage: { ...usage, output }, mode, complete, errored, estimated: started };
    },
  };
}

/** Names of members that an ordinary chunk of text does not have. In the text itself they would have escaped quotes. */
const UNUSUAL = ['finishReason"', 'functionCall"', 'blockReason"', 'webSearchQueries"', 'maps"', 'error"'];

const OPEN_BRACKET = 0x5b;

/** The reader for a stream that begins with `chunk`; null while only white space has come. */
function sourceFor(chunk: Uint8Array, read: (data: string) => void): DataLines | ArrayElements | null {
  const begin = chunk.find((byte) => byte > 0x20);
  if (begin === undefined) return null;
  return begin === OPEN_BRACKET ? new ArrayElements(read) : new DataLines(read);
}

/** The answer inside an event of Code Assist, or the event itself where that is the answer. */
export function answerOf(event: Record<string, unknown>): Record<string, unknown> {
  return object(event.response) ?? event;
}

function usageMetadataIn(data: string): Record<string, unknown> {
  return object(answerOf(object(parse(data)) ?? {}).usageMetadata) ?? {};
}

/** Later counts replace earlier ones. A missing count or a zero does not erase what was reported before. */
export function laterCounts(before: Record<string, unknown>, after: Record<string, unknown>): Record<string, unknown> {
  const reported = Object.entries(after).filter(([, value]) => typeof value !== "number" || value > 0);
  return { ...before, ...Object.fromEntries(reported) };
}

/** The usage in `usageMetadata`. Google counts the cache in the prompt, but not what its tools added; its candidates lack the thoughts. */
export function usageOf(counts: Record<string, unknown>): Usage {
  const cached = count(counts.cachedContentTokenCount);
  const thoughts = count(counts.thoughtsTokenCount);
  return {
    ...NO_USAGE,
    input: Math.max(0, count(counts.promptTokenCount) - cached) + count(counts.toolUsePromptTokenCount),
    cacheRead: cached,
    output: count(counts.candidatesTokenCount) + thoughts,
    reasoning: thoughts,
  };
}

/** Vertex reports the type of traffic, the Gemini API the tier. */
function modeOf(counts: Record<string, unknown> | undefined): PriceMode {
  const priority = counts?.trafficType === "ON_DEMAND_PRIORITY" || counts?.serviceTier === "priority";
  return priority ? "priority" : "standard";
}

/**
 * The Google searches that are billed. From Gemini 3 on each query that the model made is billed; before Gemini 3, each prompt
 * that was grounded at all counts once. A search in Google's maps is none of these queries.
 */
export function searchesIn(answer: Record<string, unknown>): number {
  const grounding = array(answer.candidates).map((candidate) => object(object(candidate)?.groundingMetadata));
  const queries = grounding.flatMap((its) => array(its?.webSearchQueries).filter((query) => query));
  const perPrompt = /gemini-[12]\b/.test(String(answer.modelVersion));
  const mapped = grounding.some((its) => array(its?.groundingChunks).some((chunk) => object(chunk)?.maps));
  return (perPrompt ? Math.min(1, queries.length) : new Set(queries).size) + (mapped ? 1 : 0);
}

/** Characters of text in a chunk, close enough for an estimate. */
function textLength(data: string): number {
  let length = 0;
  for (let at = valueAt(data, 'text"'); at >= 0; at = valueAt(data, 'text"', at)) {
    const end = data[at] === '"' ? stringEnd(data, at + 1) : -1;
    if (end < 0) break;
    length += end - at - 1;
    at = end;
  }
  return length;
}

function partLength(part: Record<string, unknown> | undefined): number {
  const call = object(part?.functionCall);
  const written = call ? JSON.stringify(call.args ?? {}).length : 0;
  return written + (typeof part?.text === "string" ? part.text.length : 0);
}
