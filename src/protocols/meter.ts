/**
 * What every protocol's meter answers. A meter reads a response after it has been piped on (never on its way), and
 * says what was used and whether the protocol's last event was there.
 */
import type { Mode } from "../pricing/cost.ts";
import type { Usage } from "../vocabulary.ts";

/** The price list a request falls under, where the upstream reports one other than the standard. */
export type PriceMode = Mode;

/** What another model than the one that was asked has used of an answer. */
export interface OtherUsage {
  model: string;
  usage: Usage;
}

export interface Reading {
  usage: Usage;
  /** Those parts of `usage` that have another model's price. */
  others?: OtherUsage[];
  mode: PriceMode;
  /** What the tokens cost where they were made, in thousandths of the price; left out: 1000. */
  placeMilli?: number;
  /** The protocol's own end was seen: the client has the whole answer. */
  complete: boolean;
  /** The upstream reported an error as an event of the stream. */
  errored: boolean;
  /** Output was estimated from the text received, since the final figure never came. */
  estimated: boolean;
  /** The response that the provider made, where it has an id; `ended`: it will not change any more. */
  response?: { id: string; ended: boolean };
}

export interface StreamMeter {
  feed(chunk: Uint8Array): void;
  /** Call once, after the last chunk. */
  end(): Reading;
}

/** English prose and code run at about four characters to a token, in every tokenizer the providers document. */
export const CHARACTERS_PER_TOKEN = 4;
