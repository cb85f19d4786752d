/**
 * What a request asks for: the few values that the relay needs out of a body it does not parse. Where they lie differs
 * by protocol; what they are called is said here, and nowhere else.
 */
import type { Refusal } from "../refusal.ts";
import type { Protocol, Result } from "../vocabulary.ts";
import { readBody } from "./body.ts";
import type { Call } from "./call.ts";
import { unwrapRequest } from "./code-assist.ts";
import { isMultipart, readForm } from "./form.ts";
import { type Members, membersIn, readMembers, type Vocabulary, vocabularyOf } from "./members.ts";
import { isModelName, isPathName, MODEL_NAME_RULE } from "./model-name.ts";
import { modelOf } from "./routes.ts";
import { elementsOf, type Slice } from "./scan.ts";
import { SESSION_MEMBERS, SESSION_TAIL, sessionOf } from "./session.ts";

export interface Ask {
  body: Uint8Array;
  /** What the body is sent on as; the client's own header may say something that other parsers would go by. */
  contentType: string;
  model: string;
  /** Where the model's name lies in the body: a rename is a splice. Null where the path has it. */
  modelAt: Slice | null;
  /** The body is a multipart form: the name is bare text there. */
  form: boolean;
  stream: boolean;
  /** The output limit the client set, for all choices together, or null. */
  maxTokens: number | null;
  /** A price list other than the standard one was asked for; which one applies, only the answer says. */
  asksForMode: boolean;
  /** The conversation it belongs to, where that can be told. */
  session: string | null;
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
  anthropic: vocabularyOf(["model", "stream", ...LIMITS.anthropic, "speed", "service_tier", ...SESSION_MEMBERS]),
  chat: vocabularyOf([
    ...["model", "models", "stream", "stream_options", ...LIMITS.chat, "n", "service_tier"],
    ...SESSION_MEMBERS,
  ]),
  responses: vocabularyOf([...["model", "models", "stream", ...LIMITS.responses, "service_tier"], ...SESSION_MEMBERS]),
  gemini: vocabularyOf(
    ["model", "request", "requests", "generateContentRequest", "generationConfig", ...SESSION_MEMBERS],
    { proto: true },
  ),
};
const STREAM_OPTIONS = vocabularyOf(["include_usage"]);
const GENERATION_CONFIG = vocabularyOf(["maxOutputTokens"], { proto: true });
const MODEL_ONLY = vocabularyOf(["model"]);

const JSON_TYPE = "application/json";

/** Reads and peeks at the body of a request. */
export async function readAsk(call: Pick<Call, "request" | "route" | "parameters">): Promise<Result<Ask, Refusal>> {
  const { request, route } = call;
  const contentType = request.headers.get("content-type") ?? "";
  const form = isMultipart(contentType);
  if (form && !route.form) return { ok: false, refusal: { reason: "form_unsupported" } };
  const read = await readBody(request);
  if (!read.ok) return read;
  const ask = form ? formAsk(read.value, contentType) : jsonAsk(call, read.value);
  return ask.ok ? checked(call, ask.value) : ask;
}

function jsonAsk(call: Pick<Call, "request" | "route" | "parameters">, body: Uint8Array): Result<Ask, Refusal> {
  const { request, route, parameters } = call;
  const { protocol } = route;
  const read = readMembers(body, VOCABULARY[protocol]);
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
  const maxTokens = protocol === "gemini" ? maxTokensOfConfig(members) : maxTokensOf(protocol, members);
  if (!maxTokens.ok) return maxTokens;
  const ask: Ask = {
    body,
    contentType: JSON_TYPE,
    model: modelOf(protocol, model),
    modelAt: parameters.model === undefined ? (members.slices.get("model") ?? null) : null,
    form: false,
    stream: protocol === "gemini" ? route.path.endsWith(":streamGenerateContent") : streams,
    maxTokens: maxTokens.value,
    asksForMode: members.has("speed") || members.has("service_tier"),
    session: sessionOf(request.headers, body, members.slices),
    usageUnasked: false,
  };
  if (route.envelope) return unwrapped(ask, members.value("request"));
  if (protocol === "gemini") {
    const sound = strayModel(ask.model, members);
    if (!sound.ok) return sound;
  }
  if (protocol !== "chat") return { ok: true, value: ask };
  const options = members.inside("stream_options", STREAM_OPTIONS);
  if (!options.ok) return options;
  ask.usageUnasked = ask.stream && options.value.value("include_usage") !== true;
  return { ok: true, value: ask };
}

/** An upload: of a form little more than the model is known. */
function formAsk(body: Uint8Array, contentType: string): Result<Ask, Refusal> {
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
  const unknown = { maxTokens: null, asksForMode: false, session: null, usageUnasked: false };
  return {
    ok: true,
    value: { body, contentType: read.value.contentType, model, modelAt, form: true, stream, ...unknown },
  };
}

/** The ask inside a Code Assist envelope. */
function unwrapped(ask: Ask, request: unknown): Result<Ask, Refusal> {
  const inner = unwrapRequest(request);
  if (!inner) return { ok: false, refusal: { reason: "body_malformed", detail: "it has no request" } };
  const { body, session } = inner;
  const members = readMembers(body, VOCABULARY.gemini);
  if (!members.ok) return members;
  const sound = strayModel(ask.model, members.value);
  if (!sound.ok) return sound;
  const maxTokens = maxTokensOfConfig(members.value);
  if (!maxTokens.ok) return maxTokens;
  const tail = session?.slice(-SESSION_TAIL) ?? ask.session;
  return { ok: true, value: { ...ask, body, modelAt: null, maxTokens: maxTokens.value, session: tail } };
}

/** The same ask, if its model has a name that may go on from here. */
function checked({ route }: Pick<Call, "route">, ask: Ask): Result<Ask, Refusal> {
  if (!isModelName(ask.model)) return refused("model", MODEL_NAME_RULE);
  if (route.upstreamPath.includes("{model}") && !isPathName(ask.model, { action: true })) {
    return refused("model", "it must be a name as Google writes them: letters, digits, `.`, `-` and `_`");
  }
  return { ok: true, value: ask };
}

/** Google's bodies can name a model once more; it must be the one that the rules and the price are asked about. */
function strayModel(model: string, members: Members): Result<null, Refusal> {
  const { bytes, slices } = members;
  const batch = slices.get("requests");
  const whole = slices.get("generateContentRequest");
  const objects = [...((batch && elementsOf(bytes, batch)) ?? []), ...(whole ? [whole] : [])];
  const named = [members.value("model")];
  for (const object of objects) {
    const inside = membersIn(bytes, object, MODEL_ONLY, "requests");
    if (!inside.ok) return inside;
    named.push(inside.value.value("model"));
  }
  const same = (name: unknown) => name === undefined || (typeof name === "string" && modelOf("gemini", name) === model);
  return named.every(same) ? { ok: true, value: null } : refused("model", `it must be "${model}" wherever it stands`);
}

function maxTokensOfConfig(members: Members): Result<number | null, Refusal> {
  const config = members.inside("generationConfig", GENERATION_CONFIG);
  return config.ok ? { ok: true, value: count(config.value.value("maxOutputTokens")) } : config;
}

/** The largest of the limits given, for all choices together. */
function maxTokensOf(protocol: Protocol, members: Members): Result<number | null, Refusal> {
  const limits = LIMITS[protocol].map((name) => count(members.value(name))).filter((each) => each !== null);
  const choices = count(members.value("n") ?? 1);
  // An unreadable limit is none, and reserves the most; an unreadable number of choices would reserve too little.
  if (choices === null) return refused("n", "must be a number");
  return { ok: true, value: limits.length > 0 ? Math.max(...limits) * Math.max(1, choices) : null };
}

/** Protocol buffers in JSON write numbers as strings, and many services forgive it. */
function count(value: unknown): number | null {
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === "number" && number >= 0 ? Math.ceil(number) : null;
}

function refused(member: string, detail: string): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: { reason: "member_refused", member, detail } };
}
