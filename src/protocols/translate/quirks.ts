/**
 * How a service that is compatible with a format differs from it: data, kept with the account. Presets by base URL are in
 * src/providers/quirks.ts.
 */

export interface Quirks {
  /** Under which name thinking goes into the history of a Chat request; null: it is left out. */
  reasoningHistory: "reasoning_content" | "reasoning" | null;
  /** Every assistant message since the last message of the user must have its thinking, an empty text at least (DeepSeek). */
  reasoningRequired: boolean;
  /** What the output limit of a Chat request is called. */
  maxTokens: "max_tokens" | "max_completion_tokens";
  /** The role of instructions in a Chat request. */
  instructions: "system" | "developer";
  /** A system message in the middle of a conversation is taken where it stands. */
  systemAnywhere: boolean;
  /** Messages of a tool may have pictures among their parts. */
  imagesInToolResults: boolean;
  /** Breakpoints of a prompt cache are understood (OpenRouter's Claude). */
  cacheControl: boolean;
  /** Parameters that this upstream refuses, by its own names: left out, and named as dropped. */
  without: readonly string[];
}

/** A service of which nothing is known: the plainest form of each thing. */
export const NO_QUIRKS: Quirks = {
  reasoningHistory: null,
  reasoningRequired: false,
  maxTokens: "max_tokens",
  instructions: "system",
  systemAnywhere: true,
  imagesInToolResults: false,
  cacheControl: false,
  without: [],
};
