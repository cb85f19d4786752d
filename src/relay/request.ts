/**
 * What a request asks for: the few values that the relay needs out of a body it does not parse. Where they lie differs
 * by protocol; what they are called is said here, and nowhere else.
 */
import type { Origin } from "../gate/entry.ts";
import { DemandReader, type Demands, NO_DEMANDS } from "../protocols/demands.ts";
import { type Members, membersIn, readMembers, type Vocabulary, vocabularyOf } from "../protocols/members.ts";
import { isModelName, isPathName, MODEL_NAME_RULE } from "../protocols/model-name.ts";
import { elementsOf, type Span } from "../protocols/scan.ts";
import { unwrapRequest } from "../protocols/translate/code-assist.ts";
import type { Refusal } from "../refusal.ts";
import type { Protocol, Result } from "../vocabulary.ts";
import { readBody } from "./body.ts";
import type { BodyHold } from "./body-hold.ts";
import type { Call } from "./call.ts";

import { isMultipart, readForm } from "./form.ts";
import { originOf } from "./origin.ts";
import { otherModels } from "./other-models.ts";
import { type Pieces, piecesOf } from "./pieces.ts";
import { modelOf } from "./routes.ts";
import { namedSession, SESSION_MEMBERS, SESSION_TAIL, sessionOf } from "./session.ts";

export interface RelayRequest {
  body: Uint8Array;
  /** What the body is sent on as; the client's own header may say something that other parsers would go by. */
  contentType: string;
  model: string;
  /** Models beside it that may answer a part of the request (other-models.ts); null for one that the provider chooses. */
  otherModels: (string | null)[];
  /** Where the model's name lies in the body: a rename is a splice. Null where the path has it. */
  modelAt: Span | null;
  /** The body is a multipart form: the name is bare text there. */
  form: boolean;
  stream: boolean;
  /** The output limit the client set, for all choices together, or null. */
  maxTokens: number | null;
  /** An earlier response that it goes on from. */
  responseId: string | null;
  /** The provider keeps the response; it may make it after it has answered. */
  stores: boolean;
  background: boolean;
  /** How many answers it asks for. */
  choices: number;
  demands: Demands;
  pieces: Pieces;
  /** A price list other than the standard one was asked for; which one applies, only the answer says. */
  asksForMode: boolean;
  /** The conversation it belongs to, where that can be told. */
  session: string | null;
  /** Whose request it is, as the client says. */
  origin: Origin;
  /** The client of a Chat stream did not ask for its usage. */
  usageUnasked: boolean;
}

/** The members that limit the output. Chat has two, and a service may go by either. */
const LIMITS: Record<Protocol, readonly string[]> = {
  anthropic: ["max_tokens"],
  chat: ["max_completion_tokens", "max_tokens"],
  responses: ["max_output_tokens"],
  gemini: [],
};

/** Every member that is read, by protocol: whatever is read anywhere must stand here, so that it is read in one way only. */
const VOCABULARY: Record<Protocol, Vocabulary> = {
  anthropic: vocabularyOf([
    ...[
      "model",
      "models",
      "stream",
      ...LIMITS.anthropic,
      "speed",
      "service_tier",
      "container",
      "fallbacks",
      "thread",
      "tools",
    ],
    ...SESSION_MEMBERS,
  ]),
  chat: vocabularyOf([
    ...[
      "model",
      "models",
      "stream",
      "stream_options",
      ...LIMITS.chat,
      "n",
      "best_of",
      "service_tier",
      "size",
      "quality",
    ],
    ...SESSION_MEMBERS,
  ]),
  responses: vocabularyOf([
    ...["model", "models", "stream", ...LIMITS.responses, "service_tier"],
    ...["previous_response_id", "conversation", "prompt", "background", "store", "tools"],
    ...SESSION_MEMBERS,
  ]),
  gemini: vocabularyOf(
    ["model", "models", "request", "requests", "generateContentRequest", "generationConfig", ...SESSION_MEMBERS],
    { proto: true },
  ),
};
/**
 * Members that refer to input which is not in the body, and may do so by an object. They are looked for here and not by
 * name in the whole body, because tools have parameters of these names (Claude Code's own have a `prompt`).
 */
const REFERRING: Partial<Record<Protocol, string>> = { anthropic: "container", responses: "prompt" };
const STREAM_OPTIONS = vocabularyOf(["include_usage"]);
const GENERATION_CONFIG = vocabularyOf(["maxOutputTokens", "candidateCount"], { proto: true });
const MODEL_ONLY = vocabularyOf(["model"]);

/** Sound at 32 tokens a second, pictures at some thousand for a megabyte. */
const UPLOAD_BYTES_PER_TOKEN = 500;

const JSON_TYPE = "application/json";

/** Reads and peeks at the body of a request, as far as `hold` has room for it. */
export async function readRequest(
  call: Pick<Call, "http" | "route" | "parameters">,
  hold: BodyHold,
): Promise<Result<RelayRequest, Refusal>> {
  const { http, route } = call;
  const contentType = http.headers.get("content-type") ?? "";
  const form = isMultipart(contentType);
  if (form && !route.form) return { ok: false, refusal: { reason: "form_unsupported" } };
  const read = await readBody(http, hold);
  if (!read.ok) return read;
  const request = form ? formRequest(call, read.value, contentType) : jsonRequest(call, read.value);
  return request.ok ? checked(call, request.value) : request;
}

function jsonRequest(
  call: Pick<Call, "http" | "route" | "parameters">,
  body: Uint8Array,
): Result<RelayRequest, Refusal> {
  const { http, route, parameters } = call;
  const { protocol } = route;
  const demands = new DemandReader(body);
  const read = readMembers(body, VOCABULARY[protocol], demands);
  if (!read.ok) return read;
  const members = read.value;
  // An embedding's body has an `input` too.
  if (route.path.endsWith("/chat/completions") && members.has("input") && !members.has("messages")) {
    return { ok: false, refusal: { reason: "responses_in_chat" } };
  }
  // OpenRouter's fallbacks: models that no rule of the key was asked about, at prices that nobody reserved.
  if (members.has("models")) return refused("models", "name one model; the relay sees to fallbacks itself");

  const model = parameters.model ?? members.value("model");
  if (typeof model !== "string" || model === "") return { ok: false, refusal: { reason: "model_missing" } };
  const streams = members.value("stream") ?? false;
  if (typeof streams !== "boolean") return refused("stream", "must be true or false");
  const most = protocol === "gemini" ? mostOfConfig(members) : mostOf(protocol, members);
  if (!most.ok) return most;
  const referring = REFERRING[protocol];
  const refers = referring !== undefined && (members.value(referring) ?? null) !== null;
  const stored = protocol === "responses" ? storedOf(members) : { ok: true as const, value: NOT_STORED };
  if (!stored.ok) return stored;
  const seen = demands.demands();
  const others = otherModels(members, seen);
  if (!others.ok) return others;
  const request: RelayRequest = {
    body,
    contentType: JSON_TYPE,
    model: modelOf(protocol, model),
    otherModels: others.value,
    modelAt: parameters.model === undefined ? (members.spans.get("model") ?? null) : null,
    form: false,
    stream: protocol === "gemini" ? route.path.endsWith(":streamGenerateContent") : streams,
    ...stored.value,
    ...most.value,
    demands: { ...seen, refers: seen.refers || refers },
    pieces: piecesOf(route.path, (name) => members.value(name), body.length),
    asksForMode: members.has("speed") || members.has("service_tier"),
    session: sessionOf(http.headers, body, members.spans),
    origin: originOf(http.headers, namedSession(http.headers, body, members.spans)),
    usageUnasked: false,
  };
  if (route.envelope) return unwrapped(http.headers, request, members.value("request"));
  if (protocol === "gemini") {
    const sound = strayModel(request.model, members);
    if (!sound.ok) return sound;
  }
  if (protocol !== "chat") return { ok: true, value: request };
  const options = members.inside("stream_options", STREAM_OPTIONS);
  if (!options.ok) return options;
  request.usageUnasked = request.stream && options.value.value("include_usage") !== true;
  return { ok: true, value: request };
}

/** An upload: of a form little more than the model is known. */
function formRequest(
  { http, route }: Pick<Call, "http" | "route">,
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
  const stream = /^(?:true|1)$/i.test(text("stream") ?? "");
  const modelAt = fields.get("model") ?? null;
  const demands = { ...NO_DEMANDS, inputTokens: Math.ceil(body.length / UPLOAD_BYTES_PER_TOKEN) };
  const pieces = piecesOf(route.path, text, body.length);
  const origin = originOf(http.headers, null);
  const unknown = { maxTokens: null, choices: 1, asksForMode: false, session: null, origin, usageUnasked: false };
  return {
    ok: true,
    value: {
      body,
      contentType: read.value.contentType,
      model,
      otherModels: [],
      modelAt,
      form: true,
      stream,
      demands,
      pieces,
      ...NOT_STORED,
      ...unknown,
    },
  };
}

/** The ask inside a Code Assist envelope. */
function unwrapped(headers: Headers, request: RelayRequest, enveloped: unknown): Result<RelayRequest, Refusal> {
  const inner = unwrapRequest(enveloped);
  if (!inner) return { ok: false, refusal: { reason: "body_malformed", detail: "it has no request" } };
  const { body, session } = inner;
  const members = readMembers(body, VOCABULARY.gemini);
  if (!members.ok) return members;
  const sound = strayModel(request.model, members.value);
  if (!sound.ok) return sound;
  const most = mostOfConfig(members.value);
  if (!most.ok) return most;
  const tail = session?.slice(-SESSION_TAIL) ?? request.session;
  const origin = session ? originOf(headers, session) : request.origin;
  return { ok: true, value: { ...request, body, modelAt: null, ...most.value, session: tail, origin } };
}

/** The same ask, if its model has a name that may go on from here. */
function checked({ route }: Pick<Call, "route">, request: RelayRequest): Result<RelayRequest, Refusal> {
  if (!isModelName(request.model)) return refused("model", MODEL_NAME_RULE);
  if (route.upstreamPath.includes("{model}") && !isPathName(request.model, { action: true })) {
    return refused("model", "it must be a name as Google writes them: letters, digits, `.`, `-` and `_`");
  }
  return { ok: true, value: request };
}

const OPEN_BRACE = 0x7b;

/** Google's bodies can name a model once more; it must be the one that the rules and the price are asked about. */
function strayModel(model: string, members: Members): Result<null, Refusal> {
  const { bytes, spans } = members;
  const batch = spans.get("requests");
  const whole = spans.get("generateContentRequest");
  // Google takes a single object for a list of one.
  const several = batch && (bytes[batch.start] === OPEN_BRACE ? [batch] : elementsOf(bytes, batch));
  if (several === null) return refused("requests", "it must be a list, and no longer than the API's own limit");
  const objects = [...(several ?? []), ...(whole ? [whole] : [])];
  const named = [members.value("model")];
  for (const object of objects) {
    const inside = membersIn(bytes, object, MODEL_ONLY, "requests");
    if (!inside.ok) return inside;
    named.push(inside.value.value("model"));
  }
  const same = (name: unknown) => name === undefined || (typeof name === "string" && modelOf("gemini", name) === model);
  return named.every(same) ? { ok: true, value: null } : refused("model", `it must be "${model}" wherever it stands`);
}

const NOT_STORED = { responseId: null, stores: false, background: false };

/** OpenAI stores a response unless it is told not to, and makes one in the background only where it stores it. */
function storedOf(members: Members): Result<Pick<RelayRequest, "responseId" | "stores" | "background">, Refusal> {
  // Nobody can make a conversation through the relay, so one that is named here is another's.
  if ((members.value("conversation") ?? null) !== null)
    return refused("conversation", "conversations are not served here");
  const previous = members.value("previous_response_id") ?? null;
  if (previous !== null && typeof previous !== "string") return refused("previous_response_id", "must be a string");
  const background = members.value("background") ?? false;
  if (typeof background !== "boolean") return refused("background", "must be true or false");
  return { ok: true, value: { responseId: previous, stores: members.value("store") !== false, background } };
}

/** The most that may be answered: the limit for all choices together, and how many there are. */
type Most = Pick<RelayRequest, "maxTokens" | "choices">;

function mostOfConfig(members: Members): Result<Most, Refusal> {
  const config = members.inside("generationConfig", GENERATION_CONFIG);
  if (!config.ok) return config;
  const { value } = config;
  return most([count(value.value("maxOutputTokens"))], { candidateCount: value.value("candidateCount") });
}

/** `best_of` are made and billed also where fewer are returned. */
function mostOf(protocol: Protocol, members: Members): Result<Most, Refusal> {
  const limits = LIMITS[protocol].map((name) => count(members.value(name)));
  return most(limits, { n: members.value("n"), best_of: members.value("best_of") });
}

function most(limits: (number | null)[], choices: Record<string, unknown>): Result<Most, Refusal> {
  let asked = 1;
  for (const [name, value] of Object.entries(choices)) {
    // An unreadable limit is none, and reserves the most; an unreadable number of choices would reserve too little.
    const number = count(value ?? 1);
    if (number === null) return refused(name, "must be a number");
    asked = Math.max(asked, number);
  }
  const known = limits.filter((each) => each !== null);
  return { ok: true, value: { maxTokens: known.length > 0 ? Math.max(...known) * asked : null, choices: asked } };
}

/** More than anything that is counted; `1e400` is infinite, and no sum can be done with it. */
const LARGEST_COUNT = 1_000_000_000;

/** Protocol buffers in JSON write numbers as strings, and many services forgive it. */
function count(value: unknown): number | null {
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === "number" && number >= 0 ? Math.min(Math.ceil(number), LARGEST_COUNT) : null;
}

function refused(member: string, detail: string): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: { reason: "member_refused", member, detail } };
}
