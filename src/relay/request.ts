/**
 * A request as the relay knows it: its body, and the few values that the relay needs from a body that it does not parse. Each wire
 * format knows where they lie (`peek`); what is the same in every format is read here.
 */
import { object, parse } from "../ground/json.ts";
import { DemandReader, type Demands, NO_DEMANDS } from "../protocols/demands.ts";
import { ENVELOPE, type Envelope } from "../protocols/gemini/envelope.ts";
import { holdsFew } from "../protocols/json.ts";
import { type Members, memberRefused, readMembers } from "../protocols/members.ts";
import { isModelName, isPathName, MODEL_NAME_RULE } from "../protocols/model-name.ts";
import { FALLBACK_MODELS, NO_PIECES, NOTHING_PEEKED, type Peek, type Peeked, type Pieces } from "../protocols/peek.ts";
import type { Span } from "../protocols/scan.ts";
import { LARGEST_TRANSLATED, MOST_VALUES_TRANSLATED } from "../protocols/translate/compose.ts";
import type { Json } from "../protocols/translate/hub.ts";
import { WIRE } from "../protocols/wire.ts";
import type { Refusal } from "../refusal.ts";
import type { Origin } from "../store/entry.ts";
import type { Result } from "../vocabulary.ts";
import { readBody } from "./body.ts";
import type { BodyHold } from "./body-hold.ts";
import type { Call } from "./call.ts";
import { isMultipart, readForm } from "./form.ts";
import { originOf } from "./origin.ts";
import { namedSession, sessionOf } from "./session.ts";

export interface RelayRequest extends Omit<Peeked, "refers"> {
  body: Uint8Array;
  /** The content type that goes upstream. The client's own header does not: another parser might follow something in it. */
  contentType: string;
  model: string;
  /** Where the model's name lies in the body, so that a rename is a splice. Null if the path has it. */
  modelAt: Span | null;
  /** The body is a multipart form: the name is bare text there. */
  form: boolean;
  /** The parsed body; it is parsed once, however often it is asked for. Null if it is no JSON object, or too large for a translation. */
  json: () => Json | null;
  /** The envelope that the client has put around the body; null if there is none. */
  envelope: Envelope | null;
  demands: Demands;
  pieces: Pieces;
  /** The conversation it belongs to; null if that is not known. */
  session: string | null;
  /** Where it comes from, as the client says. */
  origin: Origin;
}

type RequestCall = Pick<Call, "http" | "route" | "parameters">;

/** Sound has 32 tokens a second, and pictures have some thousand tokens for a megabyte. */
const UPLOAD_BYTES_PER_TOKEN = 500;

const JSON_TYPE = "application/json";

/** Reads and peeks at the body of a request, as far as `hold` has room for it. */
export async function readRequest(call: RequestCall, hold: BodyHold): Promise<Result<RelayRequest, Refusal>> {
  const { http, route } = call;
  const contentType = http.headers.get("content-type") ?? "";
  const form = isMultipart(contentType);
  if (form && !route.form) return { ok: false, refusal: { reason: "form_unsupported" } };
  const read = await readBody(http, hold);
  if (!read.ok) return read;
  const request = form ? formRequest(call, read.value, contentType) : jsonRequest(call, read.value);
  return request.ok ? checked(call, request.value) : request;
}

function jsonRequest({ http, route, parameters }: RequestCall, body: Uint8Array): Result<RelayRequest, Refusal> {
  const format = WIRE[route.protocol];
  const reader = new DemandReader(body);
  const read = readMembers(body, route.envelope ? ENVELOPE : format.VOCABULARY, reader);
  if (!read.ok) return read;
  const members = read.value;
  const opened = route.envelope ? unwrapped(format, members) : read;
  if (!opened.ok) return opened;
  const content = opened.value;
  // OpenRouter's fallbacks: models that no rule of the key was asked about, at prices that nobody reserved.
  if (members.has(FALLBACK_MODELS) || content.has(FALLBACK_MODELS))
    return memberRefused(FALLBACK_MODELS, "name one model; the relay sees to fallbacks itself");
  // An envelope without a model asks for a token count, and has its model inside.
  const naming = members.has(format.MODEL) ? members : content;
  const named = parameters.model ?? naming.value(format.MODEL);
  // A name that is too long to be read is an object here too.
  if (typeof named === "object" && named !== null) return memberRefused(format.MODEL, MODEL_NAME_RULE);
  if (typeof named !== "string" || named === "") return { ok: false, refusal: { reason: "model_missing" } };

  const model = format.modelName?.(named) ?? named;
  const demands = reader.demands();
  const peeked = format.peek({ members: content, path: route.path, model, demands });
  if (!peeked.ok) return peeked;
  const { refers, ...asked } = peeked.value;
  return {
    ok: true,
    value: {
      ...asked,
      body: content.bytes,
      contentType: JSON_TYPE,
      model,
      modelAt: parameters.model === undefined ? (content.spans.get(format.MODEL) ?? null) : null,
      form: false,
      json: parsedOnce(content.bytes),
      envelope: route.envelope && members,
      demands: { ...demands, refers: demands.refers || refers },
      pieces: format.piecesOf?.(route.path, (name) => members.value(name), body.length) ?? NO_PIECES,
      session: sessionOf(http.headers, format, content),
      origin: originOf(http.headers, namedSession(http.headers, format, content)),
    },
  };
}

/** The request inside a Code Assist envelope, which has a body of its own. */
function unwrapped({ VOCABULARY }: Pick<Peek, "VOCABULARY">, { bytes, spans }: Envelope): Result<Members, Refusal> {
  const at = spans.get("request");
  if (!at) return { ok: false, refusal: { reason: "body_malformed", detail: "it has no request" } };
  return readMembers(bytes.subarray(at.start, at.end), VOCABULARY);
}

/** An upload. Little more than the model is known of a form. */
function formRequest(
  { http, route }: RequestCall,
  body: Uint8Array,
  contentType: string,
): Result<RelayRequest, Refusal> {
  const read = readForm(body, contentType);
  if (!read.ok) return read;
  const { fields } = read.value;
  const text = (name: string) => {
    const at = fields.get(name);
    return at && new TextDecoder().decode(body.subarray(at.start, at.end));
  };
  const model = text("model") ?? "";
  if (model === "") return { ok: false, refusal: { reason: "model_missing" } };
  const { refers: _, ...unknown } = NOTHING_PEEKED;
  return {
    ok: true,
    value: {
      ...unknown,
      body,
      contentType: read.value.contentType,
      model,
      modelAt: fields.get("model") ?? null,
      form: true,
      json: () => null,
      envelope: null,
      stream: /^(?:true|1)$/i.test(text("stream") ?? ""),
      demands: { ...NO_DEMANDS, inputTokens: Math.ceil(body.length / UPLOAD_BYTES_PER_TOKEN) },
      pieces: WIRE[route.protocol].piecesOf?.(route.path, text, body.length) ?? NO_PIECES,
      session: null,
      origin: originOf(http.headers, null),
    },
  };
}

/** The same request, if the name of its model may go upstream. */
function checked({ route }: Pick<Call, "route">, request: RelayRequest): Result<RelayRequest, Refusal> {
  if (!isModelName(request.model)) return memberRefused("model", MODEL_NAME_RULE);
  if (route.upstreamPath.includes("{model}") && !isPathName(request.model, { action: true })) {
    return memberRefused("model", "it must be a name as Google writes them: letters, digits, `.`, `-` and `_`");
  }
  return { ok: true, value: request };
}

/** The bytes as a JSON object, parsed when they are first asked for. */
function parsedOnce(bytes: Uint8Array): RelayRequest["json"] {
  let parsed: Json | null | undefined;
  return () => {
    if (parsed === undefined) {
      const text = bytes.length <= LARGEST_TRANSLATED ? new TextDecoder().decode(bytes) : "";
      parsed = holdsFew(text, MOST_VALUES_TRANSLATED) ? (object(parse(text)) ?? null) : null;
    }
    return parsed;
  };
}
