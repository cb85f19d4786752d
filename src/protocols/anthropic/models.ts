/** Lists of models in Anthropic's format, with the fields that Claude Code's model menu shows. */
import type { Json } from "../models.ts";

export const MEMBER = "data";
export const CURSORS = ["after_id", "before_id"];

export function idOf(entry: Json | undefined): unknown {
  return entry?.id;
}

export function nameOf(entry: Json | undefined): unknown {
  return entry?.display_name;
}

export function entryOf(id: string, name?: string): Json {
  // The API itself gives the epoch where it does not know a release date.
  return completed({ type: "model", id, created_at: "1970-01-01T00:00:00Z", ...(name && { display_name: name }) });
}

/** Keeps the upstream's own cursors while the upstream has more pages. */
export function listOf(upstream: Json | null, entries: readonly Json[]): Json {
  if (upstream?.has_more === true) return { ...upstream, data: entries };
  const first_id = entries[0]?.id ?? null;
  const last_id = entries.at(-1)?.id ?? null;
  return { ...upstream, data: entries, has_more: false, first_id, last_id };
}

/** Adds a name and a description where the upstream gave none. */
export function completed(entry: Json): Json {
  const id = typeof entry.id === "string" ? entry.id : "";
  return {
    ...entry,
    display_name: entry.display_name || displayName(id),
    description: entry.description || DESCRIPTION,
  };
}

/** Without a description Claude Code would show "From gateway". */
const DESCRIPTION = "Through Edge Relay";

/** The display name of a Claude id: `claude-sonnet-4-5-20250929` is "Claude Sonnet 4.5". Other makers' ids follow no rule. */
function displayName(id: string): string {
  if (!/^claude-[a-z0-9-]+$/.test(id)) return id;
  const words = id
    .replace(/-\d{8}$/, "")
    .replace(/(?<=\d)-(?=\d)/g, ".")
    .split("-");
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(" ");
}
