/** The smallest request of the Messages API, and how the text of its answer is read. */
import { object } from "../../ground/json.ts";
import { type AnswerText, answerText, MAX_TOKENS, MESSAGES, textOfParts } from "../check.ts";
import type { Json } from "../models.ts";

export const HEADERS = { "anthropic-version": "2023-06-01" };

export function pathFor(): string {
  return "/v1/messages";
}

export function bodyFor(model: string): object {
  return { model, max_tokens: MAX_TOKENS, stream: true, messages: MESSAGES };
}

export function textOfEvent(event: Json): AnswerText {
  return answerText(object(event.delta)?.text, object(event.message)?.model);
}

export function textOfAnswer({ content, model }: Json): AnswerText | null {
  return Array.isArray(content) ? answerText(textOfParts(content), model) : null;
}
