/** The smallest request of generateContent, and how the text of its answer is read. */
import { array, object } from "../../ground/json.ts";
import { type AnswerText, answerText, QUESTION, textOfParts } from "../check.ts";
import type { Json } from "../models.ts";
import { answerOf } from "./usage.ts";

export function pathFor(model: string): string {
  return `/gemini/v1beta/models/${model}:streamGenerateContent?alt=sse`;
}

export function bodyFor(): object {
  return { contents: [{ role: "user", parts: [{ text: QUESTION }] }] };
}

export function textOfEvent(event: Json): AnswerText {
  const { candidates, modelVersion } = answerOf(event);
  return answerText(textOfParts(array(object(object(array(candidates)[0])?.content)?.parts)), modelVersion);
}

export function textOfAnswer(answer: Json): AnswerText | null {
  return Array.isArray(answerOf(answer).candidates) ? textOfEvent(answer) : null;
}
