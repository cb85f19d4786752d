/** The smallest request of Chat Completions, and how the text of its answer is read. */
import { array, object } from "../../ground/json.ts";
import { type AnswerText, answerText, MESSAGES } from "../check.ts";
import type { Json } from "../models.ts";

export function pathFor(): string {
  return "/openai/chat/completions";
}

export function bodyFor(model: string): object {
  return { model, stream: true, stream_options: { include_usage: true }, messages: MESSAGES };
}

export function textOfEvent({ choices, model }: Json): AnswerText {
  return answerText(object(object(array(choices)[0])?.delta)?.content, model);
}

export function textOfAnswer({ choices, model }: Json): AnswerText | null {
  return Array.isArray(choices) ? answerText(object(object(choices[0])?.message)?.content, model) : null;
}
