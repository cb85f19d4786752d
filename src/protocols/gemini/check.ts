/** The smallest request of generateContent, and the words of its answer. */
import { array, object } from "../../ground/json.ts";
import { QUESTION, textOfParts, type Words, words } from "../check.ts";
import type { Json } from "../models.ts";

export function pathFor(model: string): string {
  return `/gemini/v1beta/models/${model}:streamGenerateContent?alt=sse`;
}

export function bodyFor(): object {
  return { contents: [{ role: "user", parts: [{ text: QUESTION }] }] };
}

export function wordsOfEvent({ candidates, modelVersion }: Json): Words {
  return words(textOfParts(array(object(object(array(candidates)[0])?.content)?.parts)), modelVersion);
}

export function wordsOfAnswer(answer: Json): Words | null {
  return Array.isArray(answer.candidates) ? wordsOfEvent(answer) : null;
}
