/**
 * Lanes of those who speak Google's `v1internal`: Gemini's requests and answers in an envelope (src/protocols/gemini/envelope.ts).
 * Of a client that does, of an upstream that does, and of both. An error has no envelope.
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

/** The text of an answer, as Code Assist would have written it. */
const enveloped = (answer: string) => (ERROR.test(answer) ? answer : `${OPENING}${answer}${CLOSING}`);
/** The other way round. Where the answer in an envelope ends only the end of that shows. */
const bare = (answer: string) => new TextDecoder().decode(bareAnswer(new TextEncoder().encode(answer)));

const ERROR = /^\{\s*"error"/;
const OPENING = '{"response":';
const CLOSING = "}";

/** Events of generateContent as Code Assist would have sent them. */
export const WRAPPED: EventChange = {
  whole: (event) => changedData(event, enveloped),
  around: (head) => (/^data:[ \t]*\{\s*"error"/m.test(head) ? null : { before: OPENING, after: CLOSING }),
};

/** Events of Code Assist as the Gemini API would have sent them. */
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
/** The same of streams in one JSON array. */
const ARRAY_INTO_ENVELOPES: AnswerLane = { ...INTO_ENVELOPE, stage: () => new ElementRewriter(enveloped) };
const ARRAY_OUT_OF_ENVELOPES: AnswerLane = { ...OUT_OF_ENVELOPE, stage: () => new ElementRewriter(bare) };

/** What is done to what goes through a lane of the Gemini API. */
interface Wrapping {
  body: (bytes: Uint8Array) => Uint8Array;
  answer: (own: AnswerLane) => AnswerLane;
}

/** `lane` with a wrapping around it. */
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

/** As it is. */
const own = <Value>(value: Value) => value;

/** From a client's envelope to the Gemini API. */
export const FROM_ENVELOPE: Lane = wrapping(GEMINI_BYTES, ({ asked: { asArray } }) => ({
  body: bareRequest,
  answer: () => (asArray ? ARRAY_INTO_ENVELOPES : INTO_ENVELOPE),
}));

/** The same for a question for the number of tokens, whose answer has no envelope (measured of Gemini CLI). */
export const COUNT_FROM_ENVELOPE: Lane = wrapping(GEMINI_BYTES, () => ({ body: bareRequest, answer: own }));

/** From the Gemini API to an upstream's envelope. */
export const TO_ENVELOPE: Lane = wrapping(GEMINI_BYTES, ({ asked: { asArray } }, upstream) => ({
  // What an envelope has outside, or the upstream wants inside, may be in the client's own request, too.
  body: (bytes) => intoEnvelopeOf(upstream)(bareRequest(bytes)),
  answer: () => (asArray ? ARRAY_OUT_OF_ENVELOPES : OUT_OF_ENVELOPE),
}));

/** From another format, by a translation to the Gemini API that reads its answers in an envelope too. */
export function translatedToEnvelope(translation: Lane): Lane {
  return wrapping(translation, (_, upstream) => ({ body: intoEnvelopeOf(upstream), answer: own }));
}

function intoEnvelopeOf({ model, envelope = NO_MEMBERS }: LaneUpstream): Wrapping["body"] {
  return (bytes) => envelopedRequest(bytes, model, envelope);
}

/** A question for the number of tokens to an upstream's envelope, by `lane` to the Gemini API. */
export function countToEnvelope(lane: Lane): Lane {
  return wrapping(lane, (_, { model }) => ({ body: (bytes) => envelopedCount(bytes, model), answer: own }));
}

/** From envelope to envelope: the client's own bytes with another project in them, and the upstream's, piped natively. */
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

/** Of an upstream that wants an envelope, and says nothing of what is to stand in it. */
const NO_MEMBERS: EnvelopeMembers = { outside: {}, inside: {} };
