/**
 * Lanes for clients and upstreams that speak Google's `v1internal`, which puts Gemini's requests and answers into an envelope
 * (src/protocols/gemini/envelope.ts). Either end may speak it, or both. An error has no envelope.
 */
import {
  bareAnswer,
  bareRequest,
  CREDITS,
  type EnvelopeMembers,
  envelopedAnswer,
  envelopedCount,
  envelopedRequest,
  readdressed,
} from "../gemini/envelope.ts";
import { GEMINI_BYTES } from "./gemini-bytes.ts";
import type { LaneUpstream } from "./halves.ts";
import { type AnswerLane, AS_IT_IS, type Lane, type LaneRequest, type OpenLane } from "./lane.ts";
import { type EventChange, EventRewriter } from "./rewrite.ts";
import { ElementRewriter } from "./rewrite-array.ts";

/** Puts the text of an answer into Code Assist's envelope. */
const enveloped = (answer: string) => (ERROR.test(answer) ? answer : `${OPENING}${answer}${CLOSING}`);
/** Takes an answer out of its envelope. Where the answer ends is known only from where the envelope ends. */
const bare = (answer: string) => new TextDecoder().decode(bareAnswer(new TextEncoder().encode(answer)));

const ERROR = /^\{\s*"error"/;
const OPENING = '{"response":';
const CLOSING = "}";

/** Turns events of generateContent into events of Code Assist. */
export const WRAPPED: EventChange = {
  whole: (event) => changedData(event, enveloped),
  around: (head) => (/^data:[ \t]*\{\s*"error"/m.test(head) ? null : { before: OPENING, after: CLOSING }),
};

/** Turns events of Code Assist into events of the Gemini API. */
export const UNWRAPPED: EventChange = { whole: (event) => changedData(event, bare) };

function changedData(event: string, change: (data: string) => string): string {
  return event.replace(
    /^(data:[ \t]*)(.*?)(\r?)$/m,
    (_, name: string, data: string, end: string) => `${name}${change(data)}${end}`,
  );
}

const INTO_ENVELOPE: AnswerLane = {
  ...AS_IT_IS,
  whole: (status, body) => ({ body: status < 300 ? envelopedAnswer(body) : body }),
  stage: () => new EventRewriter(WRAPPED),
};
const OUT_OF_ENVELOPE: AnswerLane = {
  ...AS_IT_IS,
  whole: (status, body) => ({ body: status < 300 ? bareAnswer(body) : body }),
  stage: () => new EventRewriter(UNWRAPPED),
};
/** The same for streams in one JSON array. */
const ARRAY_INTO_ENVELOPES: AnswerLane = { ...INTO_ENVELOPE, stage: () => new ElementRewriter(enveloped) };
const ARRAY_OUT_OF_ENVELOPES: AnswerLane = { ...OUT_OF_ENVELOPE, stage: () => new ElementRewriter(bare) };

/** The changes to requests and answers that pass through a lane of the Gemini API. */
interface Wrapping {
  body: (bytes: Uint8Array) => Uint8Array;
  answer: (own: AnswerLane) => AnswerLane;
}

/** `lane`, wrapped in the changes that `of` returns. */
function wrapping(lane: Lane, of: (request: LaneRequest, upstream: LaneUpstream) => Wrapping): Lane {
  return {
    ...lane,
    open: (request, upstream) => {
      const opened = lane.open(request, upstream);
      return opened.ok ? { ok: true, value: wrapped(opened.value, of(request, upstream)) } : opened;
    },
  };
}

function wrapped(lane: OpenLane, around: Wrapping): OpenLane {
  return {
    ...lane,
    body: () => around.body(lane.body()),
    instead: (error) => {
      const other = lane.instead(error);
      return other && { ...other, lane: wrapped(other.lane, around) };
    },
    answer: around.answer(lane.answer),
  };
}

/** Changes nothing. */
const own = <Value>(value: Value) => value;

/** From a client's envelope to the Gemini API. */
export const FROM_ENVELOPE: Lane = wrapping(GEMINI_BYTES, ({ asked: { asArray } }) => ({
  body: bareRequest,
  answer: () => (asArray ? ARRAY_INTO_ENVELOPES : INTO_ENVELOPE),
}));

/** The same for a request to count tokens. The answer to it has no envelope (measured with Gemini CLI). */
export const COUNT_FROM_ENVELOPE: Lane = wrapping(GEMINI_BYTES, () => ({ body: bareRequest, answer: own }));

/** From the Gemini API to an upstream's envelope. */
export const TO_ENVELOPE: Lane = wrapping(GEMINI_BYTES, ({ asked: { asArray } }, upstream) => ({
  // The client's own request may also have members that belong outside, or that the upstream wants inside. They are removed first.
  body: (bytes) => intoEnvelopeOf(upstream)(bareRequest(bytes)),
  answer: () => (asArray ? ARRAY_OUT_OF_ENVELOPES : OUT_OF_ENVELOPE),
}));

/** From another format, by a translation to the Gemini API that also reads answers in an envelope. */
export function translatedToEnvelope(translation: Lane): Lane {
  return wrapping(translation, (_, upstream) => ({ body: intoEnvelopeOf(upstream), answer: own }));
}

function intoEnvelopeOf({ model, envelope = NO_MEMBERS }: LaneUpstream): Wrapping["body"] {
  return (bytes) => envelopedRequest(bytes, model, envelope);
}

/** Puts a request to count tokens into an upstream's envelope. `lane` leads to the Gemini API. */
export function countToEnvelope(lane: Lane): Lane {
  return wrapping(lane, (_, { model }) => ({ body: (bytes) => envelopedCount(bytes, model), answer: own }));
}

/** From envelope to envelope: the client's own bytes with another project, and the upstream's own bytes, piped natively. */
export const ENVELOPES: Lane = wrapping(GEMINI_BYTES, ({ envelope, body, model: asked }, upstream) => {
  if (!envelope) return { body: own, answer: own };
  const { model, envelope: members = NO_MEMBERS } = upstream;
  const renamed = model !== asked;
  const dropped = envelope.spans.has(CREDITS) ? [CREDITS] : [];
  return {
    body: (bytes) => readdressed(envelope, { model, renamed, request: bytes === body ? null : bytes, members }),
    answer: (answer) => ({ ...answer, dropped }),
  };
});

/** For an upstream that wants an envelope without members of its own. */
const NO_MEMBERS: EnvelopeMembers = { outside: {}, inside: {} };
