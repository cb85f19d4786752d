/** The smallest request of the Responses API, and the words of its answer. */
import { array, object } from "../../ground/json.ts";
import { QUESTION, textOfParts, type Words, words } from "../check.ts";
import type { Json } from "../models.ts";

export function pathFor(): string {
  return "/openai/responses";
}

export function bodyFor(model: string): object {
  return { model, stream: true, store: false, input: QUESTION };
}

export function wordsOfEvent({ type, delta, response }: Json): Words {
  return words(type === "response.output_text.delta" ? delta : "", object(response)?.model);
}

export function wordsOfAnswer({ output, model }: Json): Words | null {
  if (!Array.isArray(output)) return null;
  return words(textOfParts(output.flatMap((item) => array(object(item)?.content))), model);
}
