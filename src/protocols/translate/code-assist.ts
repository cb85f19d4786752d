/**
 * The lane of Gemini Code Assist served by API-key accounts: the envelope around generateContent is taken off when the
 * request is read, and put around its answer here. An error has none. Google ended consumer sign-in to Code Assist in June
 * 2026; what remains is people whose CLI is set up for it.
 */
import { boundedValue, type Span, walkTopLevel } from "../scan.ts";
import { GEMINI_BYTES } from "./gemini-bytes.ts";
import { AS_IT_IS, type Lane, type OpenLane } from "./lane.ts";
import { type EventChange, EventRewriter } from "./rewrite.ts";

export const CODE_ASSIST: Lane = {
  open: (request, upstream) => {
    const opened = GEMINI_BYTES.open(request, upstream);
    return opened.ok ? { ok: true, value: enveloped(opened.value) } : opened;
  },
};

function enveloped(lane: OpenLane): OpenLane {
  return {
    ...lane,
    instead: (error) => {
      const other = lane.instead(error);
      return other && { ...other, lane: enveloped(other.lane) };
    },
    answer: {
      ...AS_IT_IS,
      whole: (status, body) => ({ body: status < 300 ? wrapAnswer(body) : body }),
      stage: () => new EventRewriter(WRAPPED),
    },
  };
}

/** What is in the inner request for Code Assist alone: `session_id`, which the API refuses, and in counts the model once more. */
const OUTSIDE_ONLY = new Set(["session_id", "model"]);

/**
 * The request inside a Code Assist body, the value at `span`; null where it is no object. It is cut out and not parsed: it
 * is as long as the whole conversation.
 */
export function unwrapRequest(body: Uint8Array, span: Span): { body: Uint8Array; session: string | null } | null {
  const inner = body.subarray(span.start, span.end);
  const kept: Uint8Array[] = [];
  let session: unknown = null;
  let after = 1;
  const walked = walkTopLevel(inner, (name, value) => {
    // Between two members there is nothing but space and a comma.
    const member = inner.subarray(inner.indexOf(QUOTE, after), value.end);
    after = value.end;
    if (name === "session_id") session = boundedValue(inner, value);
    if (!OUTSIDE_ONLY.has(name)) kept.push(member);
  });
  if (!walked.ok) return null;
  return { body: objectOf(kept), session: typeof session === "string" ? session : null };
}

const QUOTE = 0x22;
const COMMA = new TextEncoder().encode(",");
const BRACES = [new TextEncoder().encode("{"), new TextEncoder().encode("}")] as const;

/** The object with these members, each as it is written. */
function objectOf(members: readonly Uint8Array[]): Uint8Array {
  const [opening, closing] = BRACES;
  return Buffer.concat([opening, ...members.flatMap((member, at) => (at === 0 ? [member] : [COMMA, member])), closing]);
}

/** Events of generateContent as Code Assist would have sent them. */
export const WRAPPED: EventChange = {
  whole: (event) =>
    event.replace(/^data:[ \t]*(.*?)(\r?)$/m, (line, data: string, end: string) =>
      data.startsWith(ERROR) ? line : `data: ${OPENING}${data}${CLOSING}${end}`,
    ),
  around: (head) => (/^data:[ \t]*\{"error"/m.test(head) ? null : { before: OPENING, after: CLOSING }),
};

const ERROR = '{"error"';
const OPENING = '{"response":';
const CLOSING = "}";

/** A whole answer likewise. */
export function wrapAnswer(body: Uint8Array): Uint8Array {
  const head = new TextEncoder().encode(OPENING);
  const wrapped = new Uint8Array(head.length + body.length + 1);
  wrapped.set(head);
  wrapped.set(body, head.length);
  wrapped[wrapped.length - 1] = 0x7d;
  return wrapped;
}
