/** Lists of models as OpenAI writes them, for both of its formats. */
import type { Json } from "./models.ts";

export const MEMBER = "data";
export const CURSORS = ["after"];

export function idOf(entry: Json | undefined): unknown {
  return entry?.id;
}

/** OpenRouter's; OpenAI itself has names for none. */
export function nameOf(entry: Json | undefined): unknown {
  return entry?.name;
}

export function entryOf(id: string): Json {
  return { id, object: "model", created: 0, owned_by: "edge-relay" };
}

export function listOf(upstream: Json | null, entries: readonly Json[]): Json {
  return { object: "list", ...upstream, data: entries };
}

/** Codex asks for a catalogue of its own, with prompts in it; an empty one makes it use what it came with. */
export function insteadOfList(query: URLSearchParams): Json | null {
  return query.has("client_version") ? { models: [] } : null;
}
