/** The smallest request of the Messages API, and the words of its answer. */
import { object } from "../../ground/json.ts";
import { MAX_TOKENS, MESSAGES, textOfParts, type Words, words } from "../check.ts";
import type { Json } from "../models.ts";

export const HEADERS = { "anthropic-version": "2023-06-01" };

export function pathFor(): string {
  return "/v1/messages";
}

export function bodyFor(model: string): object {
  return { model, max_tokens: MAX_TOKENS, stream: true, messages: MESSAGES };
}

export function wordsOfEvent(event: Json): Words {
  return words(object(event.delta)?.text, object(event.message)?.model);
}

export function wordsOfAnswer({ content, model }: Json): Words | null {
  return Array.isArray(content) ? words(textOfParts(content), model) : null;
}
