/**
 * Gemini's generateContent: its error envelope, and where its usage lies in streams and in whole responses, bare or
 * in the `response` of a Code Assist answer. Facts: google.rpc.Status and its details, the types of `@google/genai`
 * 3.1, and what Gemini CLI 0.61 makes of an error.
 */
import type { Category, Face } from "../../refusal.ts";
import { NO_USAGE, type Usage } from "../../vocabulary.ts";
import { array, count, object, parse, stringEnd, valueAt } from "../json.ts";
import { CHARACTERS_PER_TOKEN, type PriceMode, type Reading, type StreamMeter } from "../meter.ts";
import { DataLines } from "../sse.ts";
import { ArrayElements } from "./json-array.ts";

const STATUS_NAMES: Record<Category, string> = {
  invalid_request: "INVALID_ARGUMENT",
  authentication: "UNAUTHENTICATED",
  billing: "RESOURCE_EXHAUSTED",
  permission: "PERMISSION_DENIED",
  not_found: "NOT_FOUND",
  model_not_found: "NOT_FOUND",
  previous_response_not_found: "NOT_FOUND",
  too_large: "INVALID_ARGUMENT",
  rate_limit: "RESOURCE_EXHAUSTED",
  upstream: "INTERNAL",
  overloaded: "UNAVAILABLE",
};

/**
 * Gemini CLI waits for what `RetryInfo` says, tries a 429 ten times without it, and gives up at once above 300
 * seconds: what it is to do where a retry within the minute cannot succeed.
 */
const GIVE_UP_DELAY_S = 301;

/** The body of a refusal: `{error:{code,message,status,details}}`. Google's clients read delays in it, not in headers. */
export function errorBody(face: Face, requestId: string): string {
  const details: object[] = [{ "@type": "type.googleapis.com/google.rpc.RequestInfo", requestId }];
  if (face.retryAfter !== undefined || (face.status === 429 && !face.retryable)) {
    const wait = face.retryAfter ?? 0;
    const seconds = face.retryable ? wait : Math.max(wait, GIVE_UP_DELAY_S);
    details.push({ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: `${seconds}s` });
  }
  const { status: code, message } = face;
  return JSON.stringify({ error: { code, message, status: STATUS_NAMES[face.category], details } });
}

/** The event that tells a client that its stream broke. The SDK throws on a chunk whose `error.code` is 400 or more. */
export function errorEvent(message: string): string {
  return `data: ${brokenBody(message)}\n\n`;
}

/** The same where the stream is a JSON array: its last element, and the end of the array. */
export function errorElement(message: string): string {
  return `,\n${brokenBody(message)}\n]`;
}

function brokenBody(message: string): string {
  return JSON.stringify({ error: { code: 503, message, status: "UNAVAILABLE" } });
}

/** google.rpc.Code as HTTP statuses, for an error that has only the name. */
const STATUS_OF_NAME = new Map<unknown, number>(
  Object.entries({
    INVALID_ARGUMENT: 400,
    FAILED_PRECONDITION: 400,
    OUT_OF_RANGE: 400,
    UNAUTHENTICATED: 401,
    PERMISSION_DENIED: 403,
    NOT_FOUND: 404,
    ABORTED: 409,
    ALREADY_EXISTS: 409,
    RESOURCE_EXHAUSTED: 429,
    CANCELLED: 499,
    UNIMPLEMENTED: 501,
    UNAVAILABLE: 503,
    DEADLINE_EXCEEDED: 504,
  }),
);

/**
 * When `text` (the beginning of a stream, or a whole body) is an error: the response it should have been, with the
 * upstream's own bytes. Otherwise null.
 */
export function errorIn(text: string): { status: number; body: string } | null {
  const data = text.match(/^(?:event:[^\n]*\n|:[^\n]*\n|\r?\n)*data:([^\n]*)/)?.[1] ?? text;
  const trimmed = data.trim();
  // An array may have got no further than its first element.
  const body = trimmed.slice(trimmed.startsWith("[") ? 1 : 0, trimmed.lastIndexOf("}") + 1);
  const error = object(parse(body))?.error;
  const status = object(error);
  if (!status) return typeof error === "string" && error !== "" ? { status: 500, body } : null;
  const code = count(status.code);
  return { status: code >= 400 && code < 600 ? code : (STATUS_OF_NAME.get(status.status) ?? 500), body };
}

/** Whether a chunk is no output yet: some begin with the prompt's count and an empty part. */
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

/** `response` is where Code Assist has the others. */
export const USAGE_MEMBERS = ["usageMetadata", "candidates", "modelVersion", "response"];

/** Usage of a whole (non-stream) response, from its top-level members. */
export function readWhole(members: Record<string, unknown>): Reading {
  const answer = object(members.response) ?? members;
  const counts = object(answer.usageMetadata);
  return {
    usage: { ...usageFrom(counts ?? {}), webSearches: searchesIn(answer) },
    mode: modeOf(counts),
    complete: true,
    errored: false,
    estimated: !counts,
  };
}

/** A meter for one streamed response, of events or of one JSON array. */
export function streamMeter(): StreamMeter {
  // Every chunk has usage, and it is cumulative: the first and the last are parsed, at the end.
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
    // An ordinary chunk is text. All that must be understood has a name that no ordinary chunk has.
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
    // A blocked prompt has no candidates, and nothing follows.
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
      const counts = merged(usageMetadataIn(first), usageMetadataIn(last));
      const usage = { ...usageFrom(counts), webSearches: searches };
      const mode = modeOf(counts);
      if (complete && last !== "") return { usage, mode, complete, errored, estimated: false };
      const output = Math.max(usage.output, Math.ceil(characters / CHARACTERS_PER_TOKEN));
      return { usage: { ...usage, output }, mode, complete, errored, estimated: started };
    },
  };
}

/** Names of members that an ordinary chunk of text does not have; in its text they would stand with escaped quotes. */
const UNUSUAL = ['finishReason"', 'functionCall"', 'blockReason"', 'webSearchQueries"', 'error"'];

const OPEN_BRACKET = 0x5b;

/** What reads the stream that begins with `chunk`; null while there is only white space. */
function sourceFor(chunk: Uint8Array, read: (data: string) => void): DataLines | ArrayElements | null {
  const begin = chunk.find((byte) => byte > 0x20);
  if (begin === undefined) return null;
  return begin === OPEN_BRACKET ? new ArrayElements(read) : new DataLines(read);
}

function answerOf(event: Record<string, unknown>): Record<string, unknown> {
  return object(event.response) ?? event;
}

function usageMetadataIn(data: string): Record<string, unknown> {
  return object(answerOf(object(parse(data)) ?? {}).usageMetadata) ?? {};
}

/** Later counts replace earlier ones; a missing count or a zero does not erase what was already reported. */
function merged(before: Record<string, unknown>, after: Record<string, unknown>): Record<string, unknown> {
  const reported = Object.entries(after).filter(([, value]) => typeof value !== "number" || value > 0);
  return { ...before, ...Object.fromEntries(reported) };
}

/** Google's prompt includes the cached part but not what its own tools added; its candidates leave out the thoughts. */
function usageFrom(counts: Record<string, unknown>): Usage {
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

/** Vertex reports the traffic's type, the Gemini API its tier. */
function modeOf(counts: Record<string, unknown> | undefined): PriceMode {
  const priority = counts?.trafficType === "ON_DEMAND_PRIORITY" || counts?.serviceTier === "priority";
  return priority ? "priority" : "standard";
}

/**
 * Google searches that are billed: from Gemini 3 on each query that the model made, before that one for a prompt that
 * was grounded at all.
 */
function searchesIn(answer: Record<string, unknown>): number {
  const queries = array(answer.candidates).flatMap((candidate) =>
    array(object(object(candidate)?.groundingMetadata)?.webSearchQueries).filter((query) => query),
  );
  const perPrompt = /gemini-[12]\b/.test(String(answer.modelVersion));
  return perPrompt ? Math.min(1, queries.length) : new Set(queries).size;
}

/** Characters of text in a chunk, near enough for an estimate. */
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
