/** Lists of models in OpenAI's format, for both of its wire formats. */
import type { Json } from "./models.ts";

export const MEMBER = "data";
export const CURSORS = ["after"];

export function idOf(entry: Json | undefined): unknown {
  return entry?.id;
}

/** The name in OpenRouter's lists. OpenAI itself names no models. */
export function nameOf(entry: Json | undefined): unknown {
  return entry?.name;
}

export function entryOf(id: string): Json {
  return { id, object: "model", created: 0, owned_by: "edge-relay" };
}

export function listOf(upstream: Json | null, entries: readonly Json[]): Json {
  return { object: "list", ...upstream, data: entries };
}

/** Codex asks for a catalogue with prompts in it. An empty one makes it use its built-in one. */
export function insteadOfList(query: URLSearchParams): Json | null {
  return query.has("client_version") ? { models: [] } : null;
}
