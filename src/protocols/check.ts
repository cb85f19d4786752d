/**
 * What the check of an account needs from a wire format: the smallest real request, and how to read the text and the model of
 * its answer. The request says that it is the relay's own: no header and no word of it imitates a client.
 */
import { object } from "../ground/json.ts";
import type { Json } from "./models.ts";

export interface AnswerText {
  text: string;
  /** The model that the upstream says it used; null if this piece does not say. */
  model: string | null;
}

export interface AccountCheck {
  /** The relay's own path for the request, with its query. */
  pathFor: (model: string) => string;
  /** Headers that the API requires, besides those of every JSON request. */
  HEADERS?: Record<string, string>;
  bodyFor: (model: string) => object;
  /** The text of one event of a stream. */
  textOfEvent: (event: Json) => AnswerText;
  /** The text of a whole answer; null if the JSON is not an answer. */
  textOfAnswer: (answer: Json) => AnswerText | null;
}

export const QUESTION = "Answer with one word: OK";
/** Enough for one word, and for models that think before they say it. */
export const MAX_TOKENS = 32;
/** The question in the format that Anthropic and OpenAI share. */
export const MESSAGES = [{ role: "user", content: QUESTION }];

export function answerText(text: unknown, model: unknown): AnswerText {
  return { text: typeof text === "string" ? text : "", model: typeof model === "string" ? model : null };
}

/** The text of a message's parts, in order. */
export function textOfParts(parts: unknown[]): string {
  return parts.map((part) => answerText(object(part)?.text, null).text).join("");
}
