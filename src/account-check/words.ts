/**
 * The text and the model in an answer, in each of the four wire formats: what a test shows of it, and no more.
 */
import { array, object } from "../protocols/json.ts";
import type { Protocol } from "../vocabulary.ts";

export interface Words {
  text: string;
  /** The model that the upstream says it was; null where this piece does not say. */
  model: string | null;
}

/** The words of one event of a stream, parsed. */
export function wordsOfEvent(protocol: Protocol, event: unknown): Words {
  const fields = object(event) ?? {};
  switch (protocol) {
    case "anthropic":
      return words(object(fields.delta)?.text, object(fields.message)?.model);
    case "chat":
      return words(object(object(array(fields.choices)[0])?.delta)?.content, fields.model);
    case "responses":
      return words(fields.type === "response.output_text.delta" ? fields.delta : "", object(fields.response)?.model);
    case "gemini":
      return words(geminiText(fields), fields.modelVersion);
  }
}

/** The words of a whole answer, parsed; null where it is none. */
export function wordsOfAnswer(protocol: Protocol, answer: unknown): Words | null {
  const fields = object(answer) ?? {};
  switch (protocol) {
    case "anthropic":
      return Array.isArray(fields.content) ? words(textOfParts(fields.content), fields.model) : null;
    case "chat":
      return Array.isArray(fields.choices)
        ? words(object(object(fields.choices[0])?.message)?.content, fields.model)
        : null;
    case "responses":
      return Array.isArray(fields.output)
        ? words(textOfParts(fields.output.flatMap((item) => array(object(item)?.content))), fields.model)
        : null;
    case "gemini":
      return Array.isArray(fields.candidates) ? words(geminiText(fields), fields.modelVersion) : null;
  }
}

function geminiText(fields: Record<string, unknown>): string {
  return textOfParts(array(object(object(array(fields.candidates)[0])?.content)?.parts));
}

function textOfParts(parts: unknown[]): string {
  return parts.map((part) => words(object(part)?.text, null).text).join("");
}

function words(text: unknown, model: unknown): Words {
  return { text: typeof text === "string" ? text : "", model: typeof model === "string" ? model : null };
}
