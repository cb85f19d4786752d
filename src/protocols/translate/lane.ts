/**
 * A lane: what lies between a client and an upstream that may not speak quite alike. To the relay it is bytes in and bytes
 * out, so that none of its steps asks which lane it is on; whether a lane looks at bytes, at events or at JSON is its own
 * affair. Pure: no I/O, no clock, no account.
 */
import type { Refusal } from "../../refusal.ts";
import type { Result } from "../../vocabulary.ts";
import type { Envelope } from "../gemini/envelope.ts";
import { type Span, splice, spliceText } from "../scan.ts";
import type { Asked, Endpoint, LaneUpstream } from "./halves.ts";
import type { Json } from "./hub.ts";

/** The client's request, as far as a lane needs it. */
export interface LaneRequest {
  body: Uint8Array;
  /** The model as the client has named it, and where that stands in the body; null where it does not. */
  model: string;
  modelAt: Span | null;
  /** The body is a multipart form: the name is bare text there. */
  form: boolean;
  /** It may hold what one provider wants back and the client has got through another's format (carried.ts). */
  carries: boolean;
  /** The body parsed, once for all tries; null where it is no JSON object, or too large to be translated. */
  json: () => Json | null;
  /** What the client has put around the body, which is a part of it; null for nothing. */
  envelope: Envelope | null;
  asked: Asked;
}

export interface Lane {
  /**
   * One try at an upstream. Whatever the answer has to know of this request (ids, names) lies in what is opened. A refusal
   * where the request cannot be put to this upstream without changing its meaning.
   */
  open(request: LaneRequest, upstream: LaneUpstream): Result<OpenLane, Refusal>;
  /** It lies between two formats. */
  translates?: true;
}

export interface OpenLane {
  /** Makes what is sent, each time anew: a copy of 50 MB is not held while its answer is waited for. */
  body: () => Uint8Array;
  /** Where it is sent; null: to the route's own path, with the client's own headers. */
  endpoint: Endpoint | null;
  /** What is sent in its place to an upstream that refuses `body` with a 400, of which `error` is the body; null: nothing could be. */
  instead: (error: string) => InsteadLane | null;
  answer: AnswerLane;
}

export interface InsteadLane {
  lane: OpenLane;
  /** A parameter that this upstream's model refuses, worth remembering; null for none. */
  lacks: string | null;
}

/** What the client gets of the answer. It holds no body: a stream may go on for an hour, and an isolate has 128 MB. */
export interface AnswerLane {
  /** Of a whole answer, good or bad; `status` is what it means. */
  whole(status: number, body: Uint8Array): WholeAnswer;
  /** What the bytes of a stream pass through; null: nothing, it is piped natively. */
  stage(): Stage | null;
  /** What the request asked for that did not go upstream, for the client to know; empty on lanes that drop nothing. */
  dropped: readonly string[];
  /** The upstream's headers mean nothing to the client, who speaks another format. */
  translates: boolean;
  /** Whether the upstream's answer, or the first event of it, says nothing by a fault that asking once more usually mends. */
  isUseless?: (data: string) => boolean;
}

export interface WholeAnswer {
  body: Uint8Array;
  /** Another than `status`, where the answer turns out to be an error. */
  status?: number;
  /** Another content type than the upstream's. */
  contentType?: string;
}

/** A stream on its way, in any cut. Costs JavaScript per chunk: measured at about 0.1 ms, of the 10 ms a request has. */
export interface Stage {
  /** What goes to the client for `chunk`; empty while nothing can yet. Throws `UnreadableStream`, and nothing else. */
  push(chunk: Uint8Array): Uint8Array;
  /** What is left once the upstream has ended, or has broken off behind the end of its answer. Not called for a stream that broke. */
  end(): Uint8Array;
  /** Only of a stage that translates: its client's own words. */
  own?: {
    contentType: string;
    /** What keeps the client's connection open while the upstream says nothing. */
    ping(): Uint8Array;
    /** Ends a stream that broke, with an error; empty where an error has been said already. */
    broken(message: string): Uint8Array;
    /** The client has had the end of its answer. */
    finished(): boolean;
  };
}

/** In bytes or characters: no event of a model's is larger; a picture of 16 MB is one. */
export const LONGEST_EVENT = 24 * 1024 * 1024;

/** What an upstream streams is no answer of any model. Whatever else a lane throws is a bug of ours. */
export class UnreadableStream extends Error {}

/** The upstream's own bytes. */
export const AS_IT_IS: AnswerLane = {
  whole: (_, body) => ({ body }),
  stage: () => null,
  dropped: [],
  translates: false,
};

/** The lane of those who speak alike: the client's bytes there, the upstream's back. */
export const BYTES: Lane = {
  open: (request, upstream) => ({ ok: true, value: bytesOf(request, upstream.model) }),
};

/** The client's bytes for an upstream that calls the model `model`. */
export function bytesOf(request: LaneRequest, model: string): OpenLane {
  return { body: () => renamed(request, model), endpoint: null, instead: () => null, answer: AS_IT_IS };
}

/** The client's bytes; with a mapped model, the same bytes around its new name. */
export function renamed({ body, model: asked, modelAt, form }: LaneRequest, model: string): Uint8Array {
  if (model === asked || modelAt === null) return body;
  return form ? spliceText(body, modelAt, model) : splice(body, modelAt, model);
}
