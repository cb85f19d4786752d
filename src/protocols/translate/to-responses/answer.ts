/** A response of OpenAI's in hub terms, whole or as a stream of events. */
import { array, object, parse, text } from "../../../ground/json.ts";
import { stringAt } from "../../json.ts";
import { errorIn } from "../../responses/errors.ts";
import { collected } from "../collect.ts";
import { errorOf } from "../errors.ts";
import type { AnswerReader, StreamReader } from "../halves.ts";
import type { HubAnswer, HubError, HubEvent, Json } from "../hub.ts";
import { OutputReading, type ReadingRules, type Spot } from "./reading.ts";

export function answerReader(rules: ReadingRules): AnswerReader {
  return { whole: (answer) => wholeAnswer(answer, rules), stream: () => new EventReader(rules), isUseless };
}

function wholeAnswer(answer: Json, rules: ReadingRules): HubAnswer | { error: HubError } {
  if (!isAnswer(answer)) return { error: errorFrom(JSON.stringify(answer)) };
  const reading = new OutputReading(rules);
  reading.end(answer, answer.status === "incomplete");
  return collected(reading.taken()) ?? { error: errorFrom("") };
}

/** A few compatible services send no status, but all of them send an output. */
function isAnswer({ status, error, output }: Json): boolean {
  if (error || !Array.isArray(output)) return false;
  return status === undefined || status === null || status === "completed" || status === "incomplete";
}

function errorFrom(data: string): HubError {
  const error = errorIn(data);
  return error
    ? errorOf(error.status, error.body)
    : errorOf(502, '{"message":"The upstream did not finish its answer."}');
}

/** Whether a completed answer says nothing and calls nothing. */
function isUseless(data: string): boolean {
  const root = object(parse(data));
  const response = root?.type === "response.completed" ? object(root.response) : root;
  if (response?.object !== "response" || response.status !== "completed") return false;
  return array(response.output).every((item) => isEmpty(object(item) ?? {}));
}

function isEmpty({ type, content }: Json): boolean {
  if (type === "reasoning") return true;
  if (type !== "message") return false;
  return array(content).every((part) => !text(object(part)?.text) && !text(object(part)?.refusal));
}

type Handler = (reading: OutputReading, event: Json) => void;

/** The events that are read. The others say nothing more. */
const HANDLERS = new Map<string, Handler>([
  ["response.created", () => undefined],
  [
    "response.output_item.added",
    (reading, { output_index, item }) => reading.add(number(output_index), object(item) ?? {}),
  ],
  [
    "response.output_item.done",
    (reading, { output_index, item }) => reading.done(number(output_index), object(item) ?? {}),
  ],
  ["response.output_text.delta", (reading, event) => reading.text(spotOf(event), piece(event))],
  ["response.refusal.delta", (reading, event) => reading.refusal(spotOf(event), piece(event))],
  [
    "response.reasoning_summary_text.delta",
    (reading, event) => reading.reasoning(spotOf(event), "summary", piece(event)),
  ],
  ["response.reasoning_text.delta", (reading, event) => reading.reasoning(spotOf(event), "content", piece(event))],
  ["response.function_call_arguments.delta", (reading, event) => reading.args(spotOf(event), piece(event))],
  [
    "response.function_call_arguments.done",
    (reading, event) => reading.wholeArgs(spotOf(event), text(event.arguments) ?? ""),
  ],
  ["response.completed", (reading, { response }) => ended(reading, response, false)],
  ["response.incomplete", (reading, { response }) => ended(reading, response, true)],
]);

function spotOf({ output_index, item_id, content_index, summary_index }: Json): Spot {
  return { place: number(output_index), id: item_id, part: number(summary_index ?? content_index) };
}

function piece({ delta }: Json): string {
  return typeof delta === "string" ? delta : "";
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function ended(reading: OutputReading, response: unknown, isIncomplete: boolean): void {
  const whole = object(response);
  if (whole) reading.end(whole, isIncomplete);
}

/** OpenAI puts the type of an event first, and then the response it belongs to. The whole request may follow, and is not searched. */
const HEAD_CHARACTERS = 200;

class EventReader implements StreamReader {
  readonly #reading: OutputReading;

  constructor(rules: ReadingRules) {
    this.#reading = new OutputReading(rules);
  }

  read(data: string): HubEvent[] {
    const head = data.slice(0, HEAD_CHARACTERS);
    const named = stringAt(head, 'type"');
    // The name alone tells that most repeating events need not be parsed.
    if (named.startsWith("response.") && named !== "response.failed" && !HANDLERS.has(named)) return [];
    const id = named === "response.created" ? stringAt(head, 'id"') : "";
    if (id !== "") return this.#started(id);
    const event = object(parse(data));
    if (!event) return [];
    const type = text(event.type) ?? "";
    const handler = HANDLERS.get(type);
    if (!handler) return this.#other(type, event, data);
    this.#reading.start(text(object(event.response)?.id) ?? "");
    handler(this.#reading, event);
    return this.#reading.taken();
  }

  #started(id: string): HubEvent[] {
    this.#reading.start(id);
    return this.#reading.taken();
  }

  /** Called if no event has ended the answer. Then the answer has not ended. */
  end(): HubEvent[] {
    return [];
  }

  #other(type: string, event: Json, data: string): HubEvent[] {
    if (type !== "response.failed" && type !== "error" && !event.error) return [];
    this.#reading.start("");
    return [...this.#reading.taken(), { type: "error", error: errorFrom(data) }];
  }
}
