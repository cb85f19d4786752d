/** Lists of models as Google writes them. */
import type { Json } from "../models.ts";

export const MEMBER = "models";
export const CURSORS = ["pageToken"];

/** `models/x`, where requests say `x`. */
export function idOf(entry: Json | undefined): unknown {
  return entry?.name;
}

export function entryOf(id: string): Json {
  return { name: `models/${id}`, displayName: id, supportedGenerationMethods: ["generateContent", "countTokens"] };
}

export function listOf(upstream: Json | null, entries: readonly Json[]): Json {
  return { ...upstream, models: entries };
}
