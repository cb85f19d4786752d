/**
 * A lane: what lies between a client and an upstream that may not speak quite alike. To the relay it is bytes in and bytes
 * out, so that none of its steps asks which lane it is on; whether a lane looks at bytes, at events or at JSON is its own
 * affair. Pure: no I/O, no clock, no account.
 */
import { type Span, splice, spliceText } from "../scan.ts";

/** The client's request, as far as a lane needs it. */
export interface LaneRequest {
  body: Uint8Array;
  /** The model as the client has named it, and where that stands in the body; null where it does not. */
  model: string;
  modelAt: Span | null;
  /** The body is a multipart form: the name is bare text there. */
  form: boolean;
}

export interface Lane {
  /**
   * One try at an upstream that calls the model `model`. Whatever the answer has to know of this request (ids, names)
   * lies in what is opened.
   */
  open(request: LaneRequest, model: string): OpenLane;
}

export interface OpenLane {
  /** Makes what is sent, each time anew: a copy of 50 MB is not held while its answer is waited for. */
  body: () => Uint8Array;
  /** What is sent in its place to an upstream that refuses `body` with a 400; null: nothing else could be. */
  plainer: OpenLane | null;
  answer: AnswerLane;
}

/** What the client gets of the answer. It holds no body: a stream may go on for an hour, and an isolate has 128 MB. */
export interface AnswerLane {
  /** Of a whole answer, good or bad; `status` is what it means. */
  whole(status: number, body: Uint8Array): Uint8Array;
  /** What the bytes of a stream pass through; null: nothing, it is piped natively. */
  stage(): Stage | null;
}

/** A stream on its way, in any cut. Costs JavaScript per chunk: measured at about 0.1 ms, of the 10 ms a request has. */
export interface Stage {
  /** What goes to the client for `chunk`; empty while nothing can yet. */
  push(chunk: Uint8Array): Uint8Array;
  /** What is left once the upstream has ended. Not called for a stream that broke. */
  end(): Uint8Array;
}

/** The upstream's own bytes. */
export const AS_IT_IS: AnswerLane = { whole: (_, body) => body, stage: () => null };

/** The lane of those who speak alike: the client's bytes there, the upstream's back. */
export const BYTES: Lane = {
  open: (request, model) => ({ body: () => renamed(request, model), plainer: null, answer: AS_IT_IS }),
};

/** The client's bytes; with a mapped model, the same bytes around its new name. */
export function renamed({ body, model: asked, modelAt, form }: LaneRequest, model: string): Uint8Array {
  if (model === asked || modelAt === null) return body;
  return form ? spliceText(body, modelAt, model) : splice(body, modelAt, model);
}
