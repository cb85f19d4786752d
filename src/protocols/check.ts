/**
 * What a check of an account needs of a wire format: the smallest real request, and the text and the model of its answer. The
 * request is the relay's own and says so: no header or word of it imitates a client.
 */
import { object } from "../ground/json.ts";
import type { Json } from "./models.ts";

export interface AnswerText {
  text: string;
  /** The model that the upstream says it was; null where this piece does not say. */
  model: string | null;
}

export interface AccountCheck {
  /** The relay's own path for it, with its query. */
  pathFor: (model: string) => string;
  /** Headers that the API asks for, beside those of any JSON. */
  HEADERS?: Record<string, string>;
  bodyFor: (model: string) => object;
  /** The text of one event of a stream. */
  textOfEvent: (event: Json) => AnswerText;
  /** The text of a whole answer; null where it is none. */
  textOfAnswer: (answer: Json) => AnswerText | null;
}

export const QUESTION = "Answer with one word: OK";
/** Room for a word, and for the models that think before they say it. */
export const MAX_TOKENS = 32;
/** The question as Anthropic and OpenAI have it. */
export const MESSAGES = [{ role: "user", content: QUESTION }];

export function answerText(text: unknown, model: unknown): AnswerText {
  return { text: typeof text === "string" ? text : "", model: typeof model === "string" ? model : null };
}

/** What the parts of a message say, in order. */
export function textOfParts(parts: unknown[]): string {
  return parts.map((part) => answerText(object(part)?.text, null).text).join("");
}
