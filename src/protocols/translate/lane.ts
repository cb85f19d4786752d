/**
 * A lane lies between a client and an upstream that may speak different formats. The relay sees bytes in and bytes out, so none of its
 * steps asks which lane it is on. Whether a lane works on bytes, events or JSON is its own matter. Pure: no I/O, no clock, no account.
 */
import type { Refusal } from "../../refusal.ts";
import type { Result } from "../../vocabulary.ts";
import type { Envelope } from "../gemini/envelope.ts";
import { type Span, splice, spliceText } from "../scan.ts";
import type { Asked, Endpoint, LaneUpstream } from "./halves.ts";
import type { Json } from "./hub.ts";

/** What a lane needs of the client's request. */
export interface LaneRequest {
  body: Uint8Array;
  /** The model as the client named it. `modelAt`: where it is in the body; null if it is not there. */
  model: string;
  modelAt: Span | null;
  /** Whether the body is a multipart form, in which the name is bare text. */
  form: boolean;
  /** Whether the body may hold content that one provider wants back and the client got through another format (carried.ts). */
  carries: boolean;
  /** The parsed body, parsed once for all tries; null if it is no JSON object, or too large to be translated. */
  json: () => Json | null;
  /** The client's envelope, of which the body is a part; null for none. */
  envelope: Envelope | null;
  asked: Asked;
}

export interface Lane {
  /**
   * Opens one try at an upstream. Whatever the answer needs of this request (ids, names) is in the opened lane. Refuses a request that
   * cannot be sent to this upstream without a change of its meaning.
   */
  open(request: LaneRequest, upstream: LaneUpstream): Result<OpenLane, Refusal>;
  /** Set if the lane lies between two formats. */
  translates?: true;
}

export interface OpenLane {
  /** Makes the request's bytes, anew at each call: a copy of 50 MB is not held while the relay waits for the answer. */
  body: () => Uint8Array;
  /** Where the request goes. Null: to the route's own path, with the client's own headers. */
  endpoint: Endpoint | null;
  /** What to send instead if the upstream refuses `body` with a 400 whose body is `error`; null if nothing else can be sent. */
  instead: (error: string) => InsteadLane | null;
  answer: AnswerLane;
}

export interface InsteadLane {
  lane: OpenLane;
  /** A parameter that this upstream's model refuses, to be remembered; null for none. */
  lacks: string | null;
}

/** What the client gets of the answer. It holds no body: a stream may last an hour, and an isolate has 128 MB. */
export interface AnswerLane {
  /** Changes a whole answer, good or bad. `status` is what it means. */
  whole(status: number, body: Uint8Array): WholeAnswer;
  /** What the bytes of a stream pass through. Null: the stream is piped natively. */
  stage(): Stage | null;
  /** What the request asked for and did not go upstream, to tell the client. Empty on lanes that drop nothing. */
  dropped: readonly string[];
  /** Whether the client speaks another format, so that the upstream's headers mean nothing to it. */
  translates: boolean;
  /** Whether an answer, or its first event, says nothing because of a fault that another try usually mends. */
  isUseless?: (data: string) => boolean;
}

export interface WholeAnswer {
  body: Uint8Array;
  /** The status to use instead, if the answer turns out to be an error. */
  status?: number;
  /** The content type, if it differs from the upstream's. */
  contentType?: string;
}

/** Changes a stream on its way, cut anywhere. It costs JavaScript per chunk: about 0.1 ms (measured), of the 10 ms of a request. */
export interface Stage {
  /** What goes to the client for `chunk`; empty while there is nothing to send. Throws only `UnreadableStream`. */
  push(chunk: Uint8Array): Uint8Array;
  /** The rest, once the upstream has ended, or broken off after the end of its answer. Not called for a stream that broke. */
  end(): Uint8Array;
  /** Only of a stage that translates: what the client is sent in the relay's own words. */
  own?: {
    contentType: string;
    /** Keeps the client's connection open while the upstream sends nothing. */
    ping(): Uint8Array;
    /** Ends a stream that broke, with an error; empty if an error was sent already. */
    broken(message: string): Uint8Array;
    /** Whether the client has had the end of its answer. */
    finished(): boolean;
  };
}

/** In bytes or characters: larger than any event of a model. An image of 16 MB is one event. */
export const LONGEST_EVENT = 24 * 1024 * 1024;

/** Thrown for an upstream's stream that is no answer of any model. Anything else that a lane throws is a bug of ours. */
export class UnreadableStream extends Error {}

/** The upstream's own bytes. */
export const AS_IT_IS: AnswerLane = {
  whole: (_, body) => ({ body }),
  stage: () => null,
  dropped: [],
  translates: false,
};

/** The lane between two ends of one format: passes the client's bytes up and the upstream's bytes back. */
export const BYTES: Lane = {
  open: (request, upstream) => ({ ok: true, value: bytesOf(request, upstream.model) }),
};

/** The client's bytes for an upstream that calls the model `model`. */
export function bytesOf(request: LaneRequest, model: string): OpenLane {
  return { body: () => renamed(request, model), endpoint: null, instead: () => null, answer: AS_IT_IS };
}

/** The client's bytes. A mapped model's new name is put in; all other bytes stay. */
export function renamed({ body, model: asked, modelAt, form }: LaneRequest, model: string): Uint8Array {
  if (model === asked || modelAt === null) return body;
  return form ? spliceText(body, modelAt, model) : splice(body, modelAt, model);
}
