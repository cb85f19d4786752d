/** The smallest request of the Responses API, and how the text of its answer is read. */
import { array, object } from "../../ground/json.ts";
import { type AnswerText, answerText, QUESTION, textOfParts } from "../check.ts";
import type { Json } from "../models.ts";

export function pathFor(): string {
  return "/openai/responses";
}

export function bodyFor(model: string): object {
  return { model, stream: true, store: false, input: QUESTION };
}

export function textOfEvent({ type, delta, response }: Json): AnswerText {
  return answerText(type === "response.output_text.delta" ? delta : "", object(response)?.model);
}

export function textOfAnswer({ output, model }: Json): AnswerText | null {
  if (!Array.isArray(output)) return null;
  return answerText(textOfParts(output.flatMap((item) => array(object(item)?.content))), model);
}
