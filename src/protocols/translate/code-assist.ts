/**
 * The lane of Gemini Code Assist served by API-key accounts: the envelope around generateContent is taken off when the
 * request is read, and put around its answer here. An error has none. Google ended consumer sign-in to Code Assist in June
 * 2026; what remains is people whose CLI is set up for it.
 */
import { object } from "../json.ts";
import { BYTES, type Lane } from "./lane.ts";
import { type EventChange, EventRewriter } from "./rewrite.ts";

export const CODE_ASSIST: Lane = {
  open: (request, model) => ({
    ...BYTES.open(request, model),
    answer: {
      whole: (status, body) => (status < 300 ? wrapAnswer(body) : body),
      stage: () => new EventRewriter(WRAPPED),
    },
  }),
};

/** The request inside a Code Assist body; null where there is none. `session_id` is Code Assist's own, and refused by the API. */
export function unwrapRequest(request: unknown): { body: Uint8Array; session: string | null } | null {
  const inner = object(request);
  if (!inner) return null;
  const { session_id: session, ...rest } = inner;
  // countTokens names the model a second time, inside.
  const { model: _, ...body } = rest;
  return {
    body: new TextEncoder().encode(JSON.stringify(body)),
    session: typeof session === "string" ? session : null,
  };
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
