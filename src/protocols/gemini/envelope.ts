/**
 * The envelope of Google's `v1internal` methods around a generateContent request and its answer. It is handled as bytes and not
 * parsed, since it holds the whole conversation. Which account an envelope speaks for is not decided here.
 *
 * `{model, project, user_prompt_id, request: {…, session_id}}` and `{response: {…}, traceId}`. A count has its model inside,
 * `{request: {model: "models/…", contents}}`, and its answer has no envelope. Facts: Gemini CLI's `code_assist/converter.ts`.
 */
import { type Vocabulary, vocabularyOf } from "../members.ts";
import { FALLBACK_MODELS, MODEL } from "../peek.ts";
import { type Edit, edited, type Span, scanTopLevel, walkTopLevel } from "../scan.ts";

/** What a client has put around its request. */
export interface Envelope {
  bytes: Uint8Array;
  /** The positions of its members, by their names in camelCase. */
  spans: ReadonlyMap<string, Span>;
}

/** What an upstream expects in the envelope, besides the model and the request. */
export interface EnvelopeMembers {
  outside: Readonly<Record<string, string>>;
  /** Members that go into the request itself. */
  inside: Readonly<Record<string, string>>;
}

/** With this member a request spends the account's own credits. Only the account's owner may decide that. */
export const CREDITS = "enabledCreditTypes";

/** The members that are read of an envelope. None of them can be read in two ways. */
export const ENVELOPE: Vocabulary = vocabularyOf(
  [MODEL, FALLBACK_MODELS, "request", "project", "requestId", "requestType", "userAgent", CREDITS],
  { proto: true },
);

/** Members of the inner request that the Gemini API does not know there. */
const OUTSIDE_ONLY: ReadonlySet<string> = new Set(["session_id", "sessionId", "model"]);

const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const encoder = new TextEncoder();

/** The request inside, as the Gemini API takes it: without the members that only `v1internal` has there. */
export function bareRequest(inner: Uint8Array): Uint8Array {
  return objectOf([], membersOf(inner));
}

/** Puts a request of the Gemini API into an envelope. `model` is the upstream's own name. */
export function envelopedRequest(body: Uint8Array, model: string, { outside, inside }: EnvelopeMembers): Uint8Array {
  const opening = JSON.stringify({ model, ...outside }).slice(0, -1);
  return Buffer.concat([encoder.encode(`${opening},"request":`), withMembers(body, inside), CLOSING]);
}

/** Puts a request to count tokens into an envelope, which has the model inside. */
export function envelopedCount(body: Uint8Array, model: string): Uint8Array {
  const scan = scanTopLevel(body, WHOLE_REQUEST);
  const [whole] = scan.ok ? scan.members.values() : [];
  const asked = whole ? body.subarray(whole.start, whole.end) : body;
  const named = `"model":${JSON.stringify(model.startsWith("models/") ? model : `models/${model}`)}`;
  return Buffer.concat([encoder.encode('{"request":'), objectOf([encoder.encode(named)], membersOf(asked)), CLOSING]);
}

/** A count of the Gemini API may hold a whole request. */
const WHOLE_REQUEST: ReadonlySet<string> = new Set(["generateContentRequest", "generate_content_request"]);

/** What is replaced in an envelope; every other byte stays. */
export interface Readdressed {
  /** The upstream's own name, and whether the client uses another one. */
  model: string;
  renamed: boolean;
  /** Null if the request stays as it is. */
  request: Uint8Array | null;
  members: EnvelopeMembers;
}

/** The client's own envelope, addressed to another account. It spends no credits of that account: see `CREDITS`. */
export function readdressed({ bytes, spans }: Envelope, { model, renamed, request, members }: Readdressed): Uint8Array {
  const edits: Edit[] = [];
  const missing: Record<string, string> = {};
  for (const [name, value] of Object.entries(members.outside)) {
    const span = spans.get(name);
    if (span) edits.push({ span, by: encoder.encode(JSON.stringify(value)) });
    else missing[name] = value;
  }
  const named = spans.get(MODEL);
  // The relay names the model, so that the upstream does not choose one.
  if (!named) missing[MODEL] = model;
  else if (renamed) edits.push({ span: named, by: encoder.encode(JSON.stringify(model)) });
  const credits = spans.get(CREDITS);
  if (credits) edits.push({ span: credits, by: encoder.encode("[]") });
  const inner = spans.get("request");
  if (request !== null && inner) edits.push({ span: inner, by: request });
  return withMembers(edits.length > 0 ? edited(bytes, edits) : bytes, missing);
}

/** Puts a whole answer into an envelope. */
export function envelopedAnswer(body: Uint8Array): Uint8Array {
  return Buffer.concat([RESPONSE, body, CLOSING]);
}

/** Takes a whole answer, or the data of an event, out of its envelope. Returns it unchanged if it has none. */
export function bareAnswer(body: Uint8Array): Uint8Array {
  const scan = scanTopLevel(body, ANSWER);
  const at = scan.ok ? scan.members.get("response") : undefined;
  return at ? body.subarray(at.start, at.end) : body;
}

const ANSWER: ReadonlySet<string> = new Set(["response"]);
const RESPONSE = encoder.encode('{"response":');
const CLOSING = encoder.encode("}");

/** The members of an inner request that the Gemini API knows too, each as it is written. */
function membersOf(inner: Uint8Array): Uint8Array[] {
  const kept: Uint8Array[] = [];
  let after = 1;
  walkTopLevel(inner, (name, value) => {
    // Between two members there are only spaces and a comma.
    const member = inner.subarray(inner.indexOf(QUOTE, after), value.end);
    after = value.end;
    if (!OUTSIDE_ONLY.has(name)) kept.push(member);
  });
  return kept;
}

function objectOf(own: readonly Uint8Array[], members: readonly Uint8Array[]): Uint8Array {
  const all = [...own, ...members];
  return Buffer.concat([OPENING, ...all.flatMap((member, at) => (at === 0 ? [member] : [COMMA, member])), CLOSING]);
}

const OPENING = encoder.encode("{");
const COMMA = encoder.encode(",");

/** The object with these members put before its own. */
function withMembers(object: Uint8Array, members: Readonly<Record<string, string>>): Uint8Array {
  const text = JSON.stringify(members).slice(1, -1);
  if (text === "") return object;
  const start = object.indexOf(OPEN_BRACE) + 1;
  const isEmpty = object.subarray(start).find((byte) => byte > 0x20) === CLOSE_BRACE;
  return edited(object, [{ span: { start, end: start }, by: encoder.encode(isEmpty ? text : `${text},`) }]);
}
