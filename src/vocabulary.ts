/**
 * The words that every part of the relay shares. No logic lives here, and nothing that only one part needs.
 */

/** A family of upstream accounts. */
export const PLATFORMS = ["anthropic", "openai", "gemini", "droid", "antigravity"] as const;
export type Platform = (typeof PLATFORMS)[number];

/** A wire format that the relay speaks: Messages, Chat Completions, Responses, generateContent. */
export const PROTOCOLS = ["anthropic", "chat", "responses", "gemini"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** Token counts of one request. Integers; each token is counted in exactly one field except where noted. */
export interface Usage {
  /** Input that was neither written to nor read from a cache. */
  input: number;
  /** Input written to the 5-minute cache. */
  cacheWrite5m: number;
  /** Input written to the 1-hour cache. */
  cacheWrite1h: number;
  /** Input read from a cache. */
  cacheRead: number;
  /** Output, reasoning included. */
  output: number;
  /** The share of `output` that was reasoning, where the upstream says so; never added to `output`. */
  reasoning: number;
  /** Server-side web searches, billed per call. */
  webSearches: number;
}

export const NO_USAGE: Usage = {
  input: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  cacheRead: 0,
  output: 0,
  reasoning: 0,
  webSearches: 0,
};

/** Success, or a refusal as a value: thrown classes lose their type across a Durable Object boundary. */
export type Result<Value, Failure> = { ok: true; value: Value } | { ok: false; refusal: Failure };
