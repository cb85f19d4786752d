/** The smallest request of Chat Completions, and the words of its answer. */
import { array, object } from "../../ground/json.ts";
import { MESSAGES, type Words, words } from "../check.ts";
import type { Json } from "../models.ts";

export function pathFor(): string {
  return "/openai/chat/completions";
}

export function bodyFor(model: string): object {
  return { model, stream: true, stream_options: { include_usage: true }, messages: MESSAGES };
}

export function wordsOfEvent({ choices, model }: Json): Words {
  return words(object(object(array(choices)[0])?.delta)?.content, model);
}

export function wordsOfAnswer({ choices, model }: Json): Words | null {
  return Array.isArray(choices) ? words(object(object(choices[0])?.message)?.content, model) : null;
}
