/**
 * The words that every part of the relay shares. No logic lives here beyond reading its lists, and nothing that only one part
 * needs.
 */

/** A family of upstream accounts. */
export const PLATFORMS = ["anthropic", "openai", "gemini", "droid", "antigravity"] as const;
export type Platform = (typeof PLATFORMS)[number];

/** How the names of a platform's own models begin. Those that are missing here sell the models of others. */
export const OWN_MODELS: Partial<Record<Platform, RegExp>> = {
  anthropic: /^claude-/,
  openai: /^(?:gpt-|o\d|codex-|chatgpt-|text-embedding-|dall-e-|tts-|whisper-)/,
  gemini: /^(?:gemini|gemma)-/,
};

/** One of the models that may serve a name (pool/aliases.ts). */
export interface AliasTarget {
  /** As clients would name it. A `*` in it stands for what the alias' own has matched. */
  model: string;
  /** The id of the group whose accounts may serve it; left out: any account that has the model. */
  group?: string;
}

/** What names, or patterns with `*`, stand for: models in order. */
export type Aliases = Readonly<Record<string, readonly AliasTarget[]>>;

/**
 * All that is counted of one request, and the column of D1, the member of the API and the CSV heading that show it. The
 * one list: ledger, sums, limits and views are made from it. A count more is a line here and a migration.
 */
export const USAGE_COLUMNS = {
  /** Input tokens that were neither written to nor read from a cache. Each token is counted in exactly one field. */
  input: "input_tokens",
  /** Input written to the 5-minute cache. */
  cacheWrite5m: "cache_write_5m_tokens",
  /** Input written to the 1-hour cache. */
  cacheWrite1h: "cache_write_1h_tokens",
  /** Input read from a cache. */
  cacheRead: "cache_read_tokens",
  /** Output, reasoning included. */
  output: "output_tokens",
  /** The share of `output` that was reasoning, where the upstream says so; never added to `output`. */
  reasoning: "reasoning_tokens",
  /** Server-side web searches, billed per call. */
  webSearches: "web_searches",
  /** Searches in stored files, billed per call. */
  fileSearches: "file_searches",
  /** Containers that code ran in on the provider's side, billed per session. */
  codeSessions: "code_sessions",
  /** Pictures made, where they are billed by the piece and not in tokens. */
  images: "images",
  /** Characters spoken, where speech is billed so. */
  characters: "characters",
  /** Seconds of sound written down, where transcription is billed so. */
  seconds: "seconds",
} as const;

export type UsageField = keyof typeof USAGE_COLUMNS;
export type UsageColumn = (typeof USAGE_COLUMNS)[UsageField];

/** What is billed by the piece, at a price of its own beside those of tokens. */
export const UNIT_FIELDS = ["fileSearches", "codeSessions", "images", "characters", "seconds"] as const;
export type UnitField = (typeof UNIT_FIELDS)[number];

/** What one request used. Integers. */
export type Usage = Record<UsageField, number>;

export const USAGE_FIELDS = Object.keys(USAGE_COLUMNS) as UsageField[];

/** A usage from what `count` says of each field; undefined counts as nothing. */
export function usageOfFields(count: (field: UsageField) => number | undefined): Usage {
  return Object.fromEntries(USAGE_FIELDS.map((field) => [field, count(field) ?? 0])) as Usage;
}

export const NO_USAGE: Usage = usageOfFields(() => 0);

/** The counts under the names that the API has for them. */
export type UsageView = Record<UsageColumn, number>;

export function usageView(usage: Usage): UsageView {
  return Object.fromEntries(USAGE_FIELDS.map((field) => [USAGE_COLUMNS[field], usage[field]])) as UsageView;
}

/** Success, or a refusal as a value: thrown classes lose their type across a Durable Object boundary. */
export type Result<Value, Failure> = { ok: true; value: Value } | { ok: false; refusal: Failure };
