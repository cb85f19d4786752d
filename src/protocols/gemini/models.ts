/** Lists of models in Google's format. */
import type { Json } from "../models.ts";

export const MEMBER = "models";
export const CURSORS = ["pageToken"];

/** Lists say `models/x` where requests say `x`. */
export function idOf(entry: Json | undefined): unknown {
  return entry?.name;
}

export function nameOf(entry: Json | undefined): unknown {
  return entry?.displayName;
}

export function entryOf(id: string, name = id): Json {
  return { name: `models/${id}`, displayName: name, supportedGenerationMethods: ["generateContent", "countTokens"] };
}

export function listOf(upstream: Json | null, entries: readonly Json[]): Json {
  return { ...upstream, models: entries };
}
