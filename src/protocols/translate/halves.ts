/**
 * A translation has two halves that meet in the hub (hub.ts): one reads what a client of some format says and writes what it
 * gets, one writes what an upstream of some format is asked and reads what it says. A lane is one of each (compose.ts). Each
 * half is one file per format. Pure: nothing here does I/O or knows of an account beyond `LaneUpstream`.
 */
import type { Refusal } from "../../refusal.ts";
import type { Result } from "../../vocabulary.ts";
import type { EnvelopeMembers } from "../gemini/envelope.ts";
import type { HubAnswer, HubError, HubEvent, HubRequest, Json } from "./hub.ts";
import type { Quirks } from "./quirks.ts";

/** What the relay knows of a request beside its body. */
export interface Asked {
  /** As the client has named it: in the body, or in the path. */
  model: string;
  stream: boolean;
  /** A stream of Gemini's is wanted as one JSON array, not as events. */
  asArray: boolean;
  /** Answers are expected in Code Assist's envelope. */
  enveloped: boolean;
  session: string | null;
  /** An estimate of what the request has, for a client that wants a figure before the upstream has told one. */
  inputTokens: number;
  /** The relay's id of the request. */
  id: string;
  /** When the answer began to be made, in seconds since the epoch: the formats of OpenAI say so. */
  createdAt: number;
}

export interface ClientHalf {
  /** The client's body in hub terms; a refusal where it is malformed, or where what it asks for cannot be carried over. */
  read(body: Json, asked: Asked): Result<ReadRequest, Refusal>;
  /** The same where a summary is asked for in the place of the conversation; left out by formats that have no such request. */
  compact?(body: Json, asked: Asked): Result<ReadRequest, Refusal>;
}

export interface ReadRequest {
  hub: HubRequest;
  /** What the hub cannot carry, as members of the client's format: `top_k`, `tools[web_fetch]`. */
  dropped: string[];
  answer: AnswerWriter;
}

/** Writes an answer as the client's format has it. Holds nothing of the request's body. */
export interface AnswerWriter {
  whole(answer: HubAnswer): Json;
  /** Why a whole answer is none of what was asked for, and the client is told an error; null where it is. */
  fault?(answer: HubAnswer): HubError | null;
  stream(): StreamWriter;
}

/** What a client is sent, as text. The events that it is given are well-formed (hub.ts). */
export interface StreamWriter {
  write(event: HubEvent): string;
  /** What keeps the connection open where there is nothing to say; "" where the format has nothing of the kind. */
  ping(): string;
  /** What ends the stream where the upstream broke it off: open blocks are closed, and an error is said, never an end. */
  broken(message: string): string;
}

/** What a half may know of the upstream. */
export interface LaneUpstream {
  /** The upstream's own name for the model. */
  model: string;
  /** The account's base URL is the provider's own. */
  official: boolean;
  quirks: Quirks;
  /** What the envelope has in it that it wants requests in; missing: it wants none. */
  envelope?: EnvelopeMembers;
}

export interface UpstreamHalf {
  write(hub: HubRequest, upstream: LaneUpstream): Result<WrittenRequest, Refusal>;
  /** The request that has the upstream count tokens; left out where it has no counter. */
  count?(hub: HubRequest, upstream: LaneUpstream): Result<WrittenCount, Refusal>;
}

/** Where a request goes: a path as the provider's own documentation has it, with `{model}` for the upstream's name of it. */
export interface Endpoint {
  path: string;
  /** With its `?`, or "". */
  search: string;
  /** Headers that the API wants. */
  headers: Readonly<Record<string, string>>;
}

export interface WrittenRequest {
  endpoint: Endpoint;
  body: Json;
  /** What the upstream's format or model does not take, as members of the Messages API. */
  dropped: string[];
  answer: AnswerReader;
  /**
   * Another form of the request where this one was refused with a 400, of which this is the body: without what the upstream
   * does not know, or without thinking that it did not sign. Null: it would be refused again.
   */
  instead?(error: string): Instead | null;
}

export interface Instead {
  request: WrittenRequest;
  /** A parameter that this upstream's model refuses: worth remembering, and leaving out at once next time. */
  lacks: string | null;
}

export interface WrittenCount {
  endpoint: Endpoint;
  body: Json;
  /** The number of tokens in the answer; null where it is none. */
  tokensIn(answer: Json): number | null;
}

/** Reads an answer of the upstream. Holds nothing of the request's body beyond what it needs (names, ids). */
export interface AnswerReader {
  /** A whole answer with a good status. */
  whole(answer: Json): HubAnswer | { error: HubError };
  stream(): StreamReader;
  /**
   * Whether the data of an event, or a whole answer, ends the answer before it has said anything, by a fault of the model's that
   * asking once more usually mends (a malformed call, an empty stop).
   */
  isUseless?(data: string): boolean;
}

export interface StreamReader {
  /** The data of one server-sent event. */
  read(data: string): HubEvent[];
  /** The upstream has ended: what is still to be said. No `end` event where the answer was not whole. */
  end(): HubEvent[];
}
