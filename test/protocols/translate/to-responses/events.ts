/** Streams of the Responses API, with the events and members of OpenAI's own, numbered in order. */

import type { HubEvent, Json } from "../../../../src/protocols/translate/hub.ts";
import { Names } from "../../../../src/protocols/translate/names.ts";
import { answerReader } from "../../../../src/protocols/translate/to-responses/answer.ts";
import type { ReadingRules } from "../../../../src/protocols/translate/to-responses/reading.ts";
import fc from "../../../fast-check.ts";

export type Event = Json & { type: string };

const USAGE = {
  input_tokens: 100,
  input_tokens_details: { cached_tokens: 60, cache_write_tokens: 10 },
  output_tokens: 20,
  output_tokens_details: { reasoning_tokens: 5 },
  total_tokens: 120,
};

export function response(output: Json[], more: Json = {}): Json {
  return {
    ...{ id: "resp_1", object: "response", created_at: 1, status: "completed", error: null, incomplete_details: null },
    ...{ model: "gpt-5.2", output, usage: USAGE, service_tier: "default" },
    ...more,
  };
}

export const message = (text: string, annotations: Json[] = [], id = "msg_1"): Json => ({
  ...{ id, type: "message", status: "completed", role: "assistant" },
  content: [{ type: "output_text", text, annotations, logprobs: [] }],
});

export const refused = (refusal: string): Json => ({
  ...{ id: "msg_1", type: "message", status: "completed", role: "assistant" },
  content: [{ type: "refusal", refusal }],
});

export const call = (args: string, n = 1, name = "run"): Json => ({
  ...{ id: `fc_${n}`, type: "function_call", status: "completed", arguments: args, call_id: `call_${n}`, name },
});

export const reasoning = (summary: string[], encrypted_content: string | null = "gAAA", id = "rs_1"): Json => ({
  ...{ id, type: "reasoning", encrypted_content },
  summary: summary.map((text) => ({ type: "summary_text", text })),
});

export const search = (action: Json, id = "ws_1", status = "completed"): Json => ({
  ...{ id, type: "web_search_call", status, action },
});

const cited = { type: "url_citation", start_index: 0, end_index: 4, title: "A", url: "https://a.example" };
const args = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 }).map((input) => JSON.stringify(input));
const words = fc.string({ unit: "grapheme" });

/** What a model may output, in any order; each item has an id of its own. */
export const outputs: fc.Arbitrary<Json[]> = fc
  .array(
    fc.oneof(
      fc.array(fc.string({ minLength: 1 }), { maxLength: 3 }).map((summary) => reasoning(summary)),
      words.map((text) => message(text)),
      words.map((text) => message(text, [cited])),
      words.map((text) => refused(text)),
      args.map((json) => call(json)),
      fc.constant(search({ type: "search", query: "q", sources: [{ type: "url", url: "https://a.example" }] })),
      fc.constant(search({ type: "search", query: "q" })),
    ),
    { maxLength: 8 },
  )
  .map((items) => items.map(withIdOfItsOwn));

function withIdOfItsOwn(item: Json, place: number): Json {
  return { ...item, id: `${item.id}_${place}`, ...(item.call_id !== undefined && { call_id: `call_${place}` }) };
}

/** The stream as it is sent. */
export function sseOf(events: Event[]): string {
  return numbered(events)
    .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    .join("");
}

function numbered(events: Event[]): Event[] {
  return events.map(({ type, ...rest }, sequence_number) => ({ type, sequence_number, ...rest }));
}

/** The events by which OpenAI streams these items, one after the other. */
export function streamOf(
  output: Json[],
  last: Event = { type: "response.completed", response: response(output) },
): Event[] {
  return [
    { type: "response.created", response: response([], { status: "in_progress", usage: null }) },
    { type: "response.in_progress", response: response([], { status: "in_progress", usage: null }) },
    ...output.flatMap((item, place) => itemEvents(item, place)),
    last,
  ];
}

export function itemEvents(item: Json, output_index: number): Event[] {
  const at = { output_index, item_id: item.id };
  const added = { ...item, status: "in_progress", content: [], summary: [], arguments: "" };
  return [
    { type: "response.output_item.added", output_index, item: added },
    ...filling(item, at),
    { type: "response.output_item.done", output_index, item },
  ];
}

function filling(item: Json, at: Json): Event[] {
  if (item.type === "function_call") {
    const args = item.arguments as string;
    return [
      ...halves(args).map((delta) => ({ type: "response.function_call_arguments.delta", ...at, delta })),
      { type: "response.function_call_arguments.done", ...at, arguments: args },
    ];
  }
  if (item.type === "reasoning") {
    return (item.summary as { text: string }[]).flatMap(({ text }, summary_index) => [
      { type: "response.reasoning_summary_part.added", ...at, summary_index, part: { type: "summary_text", text: "" } },
      ...halves(text).map((delta) => ({ type: "response.reasoning_summary_text.delta", ...at, summary_index, delta })),
      { type: "response.reasoning_summary_text.done", ...at, summary_index, text },
      { type: "response.reasoning_summary_part.done", ...at, summary_index, part: { type: "summary_text", text } },
    ]);
  }
  if (item.type === "web_search_call") return [{ type: "response.web_search_call.searching", ...at }];
  return (item.content as Json[]).flatMap((part, content_index) => partEvents(part, { ...at, content_index }));
}

function partEvents(part: Json, at: Json): Event[] {
  const isText = part.type === "output_text";
  const word = isText ? "text" : "refusal";
  const name = isText ? "response.output_text" : "response.refusal";
  const text = part[word] as string;
  const annotations = (part.annotations ?? []) as Json[];
  return [
    { type: "response.content_part.added", ...at, part: { ...part, [word]: "", ...(isText && { annotations: [] }) } },
    ...halves(text).map((delta) => ({ type: `${name}.delta`, ...at, delta })),
    ...annotations.map((annotation, annotation_index) => ({
      ...{ type: "response.output_text.annotation.added", ...at, annotation_index, annotation },
    })),
    { type: `${name}.done`, ...at, [word]: text },
    { type: "response.content_part.done", ...at, part },
  ];
}

function halves(text: string): string[] {
  const middle = Math.ceil(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)].filter((half) => half !== "");
}

const RULES: ReadingRules = { names: new Names(64), thinking: "words" };

/** What is read of a stream. */
export function read(events: Event[], rules: Partial<ReadingRules> = {}): HubEvent[] {
  const reader = answerReader({ ...RULES, ...rules }).stream();
  return [...numbered(events).flatMap((event) => reader.read(JSON.stringify(event))), ...reader.end()];
}

/** What is read of a whole answer. */
export function readWhole(answer: Json, rules: Partial<ReadingRules> = {}) {
  return answerReader({ ...RULES, ...rules }).whole(answer);
}
