/**
 * A translation has two halves that meet in the hub (hub.ts). The client's half reads the requests of a format and writes its answers.
 * The upstream's half writes the requests of a format and reads its answers. A lane is one of each (compose.ts), and each half is one
 * file per format. Pure: nothing here does I/O or knows of an account beyond `LaneUpstream`.
 */
import type { Refusal } from "../../refusal.ts";
import type { Result } from "../../vocabulary.ts";
import type { EnvelopeMembers } from "../gemini/envelope.ts";
import type { HubAnswer, HubError, HubEvent, HubRequest, Json } from "./hub.ts";
import type { Quirks } from "./quirks.ts";

/** What the relay knows of a request besides its body. */
export interface Asked {
  /** The model as the client named it, in the body or in the path. */
  model: string;
  stream: boolean;
  /** Whether a Gemini client wants its stream as one JSON array instead of events. */
  asArray: boolean;
  /** Whether the client expects answers in Code Assist's envelope. */
  enveloped: boolean;
  session: string | null;
  /** An estimate of the request's input, for a client that wants a figure before the upstream has told one. */
  inputTokens: number;
  /** The relay's id of the request. */
  id: string;
  /** When the answer began, in seconds since the epoch. OpenAI's formats tell it. */
  createdAt: number;
}

export interface ClientHalf {
  /** The client's body in hub terms. Refuses a body that is malformed, or whose wishes cannot be carried over. */
  read(body: Json, asked: Asked): Result<ReadRequest, Refusal>;
  /** The same for a request that wants a summary in place of the conversation. Left out by formats without such a request. */
  compact?(body: Json, asked: Asked): Result<ReadRequest, Refusal>;
}

export interface ReadRequest {
  hub: HubRequest;
  /** The members that the hub cannot carry, in the client's notation: `top_k`, `tools[web_fetch]`. */
  dropped: string[];
  answer: AnswerWriter;
}

/** Writes an answer in the client's format. Holds nothing of the request's body. */
export interface AnswerWriter {
  whole(answer: HubAnswer): Json;
  /** The error to tell if a whole answer is not what was asked for; null if it is. */
  fault?(answer: HubAnswer): HubError | null;
  stream(): StreamWriter;
}

/** Writes what a client is sent, as text. The events that it receives are well-formed (hub.ts). */
export interface StreamWriter {
  write(event: HubEvent): string;
  /** Keeps the connection open while there is nothing to send; "" if the format has nothing for it. */
  ping(): string;
  /** Ends a stream that the upstream broke off: closes open blocks and writes an error, never a regular end. */
  broken(message: string): string;
}

/** What a half may know of the upstream. */
export interface LaneUpstream {
  /** The upstream's own name for the model. */
  model: string;
  /** Whether the account's base URL is the provider's own. */
  official: boolean;
  quirks: Quirks;
  /** The members of the envelope in which the upstream wants requests. Missing: it wants no envelope. */
  envelope?: EnvelopeMembers;
}

export interface UpstreamHalf {
  write(hub: HubRequest, upstream: LaneUpstream): Result<WrittenRequest, Refusal>;
  /** The request that lets the upstream count tokens. Left out if it has no counter. */
  count?(hub: HubRequest, upstream: LaneUpstream): Result<WrittenCount, Refusal>;
}

/** Where a request goes: a path from the provider's documentation, with `{model}` for the upstream's name of the model. */
export interface Endpoint {
  path: string;
  /** The query string with its `?`, or "". */
  search: string;
  /** Headers that the API requires. */
  headers: Readonly<Record<string, string>>;
}

export interface WrittenRequest {
  endpoint: Endpoint;
  body: Json;
  /** What the upstream's format or model does not accept, as members of the Messages API. */
  dropped: string[];
  answer: AnswerReader;
  /**
   * Another form of a request that was refused with a 400; `error` is the body of that answer. The form lacks what the upstream does
   * not know, or thinking that it did not sign. Null: it would be refused again.
   */
  instead?(error: string): Instead | null;
}

export interface Instead {
  request: WrittenRequest;
  /** A parameter that this upstream's model refuses, so that it can be remembered and left out at once next time. */
  lacks: string | null;
}

export interface WrittenCount {
  endpoint: Endpoint;
  body: Json;
  /** The number of tokens in the answer; null if it has none. */
  tokensIn(answer: Json): number | null;
}

/** Reads an answer of the upstream. Holds only what it needs of the request's body (names, ids). */
export interface AnswerReader {
  /** Reads a whole answer with a successful status. */
  whole(answer: Json): HubAnswer | { error: HubError };
  stream(): StreamReader;
  /**
   * Whether the data of an event, or a whole answer, ends the answer before it has said anything, due to a fault of the model that
   * another try usually mends (a malformed call, an empty stop).
   */
  isUseless?(data: string): boolean;
}

export interface StreamReader {
  /** Reads the data of one server-sent event. */
  read(data: string): HubEvent[];
  /** The upstream has ended: returns the remaining events. Without an `end` event if the answer was not whole. */
  end(): HubEvent[];
}
