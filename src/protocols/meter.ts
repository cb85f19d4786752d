/**
 * What the meter of every protocol returns. A meter reads a response after it was piped to the client, never on its way. It tells
 * what was used, and whether the protocol's last event was there.
 */
import type { Mode } from "../pricing/cost.ts";
import type { Usage } from "../vocabulary.ts";

/** The price list of a request, where the upstream reports another one than the standard. */
export type PriceMode = Mode;

/** What a model other than the requested one has used for an answer. */
export interface OtherUsage {
  model: string;
  usage: Usage;
}

export interface Reading {
  usage: Usage;
  /** Those parts of `usage` that are priced by another model. */
  others?: OtherUsage[];
  mode: PriceMode;
  /** What the place of inference does to the price, in thousandths; left out: 1000. */
  placeMilli?: number;
  /** Whether the protocol's own end was seen, so that the client has the whole answer. */
  complete: boolean;
  /** Whether the upstream reported an error as an event of the stream. */
  errored: boolean;
  /** Whether the output was estimated from the received text, because the final figure never came. */
  estimated: boolean;
  /** The response that the provider made, if it has an id. `ended`: it will not change any more. */
  response?: { id: string; ended: boolean };
}

export interface StreamMeter {
  feed(chunk: Uint8Array): void;
  /** Call once, after the last chunk. */
  end(): Reading;
}

/** In every tokenizer that the providers document, English prose and code take about four characters a token. */
export const CHARACTERS_PER_TOKEN = 4;
