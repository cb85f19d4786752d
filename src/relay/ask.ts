/**
 * What a request asks for: the few values that the relay needs out of a body it does not parse. Where they lie differs
 * by protocol; what they are called is said here, and nowhere else.
 */
import type { Refusal } from "../refusal.ts";
import type { Protocol, Result } from "../vocabulary.ts";
import { readBody } from "./body.ts";
import type { Call } from "./call.ts";
import { unwrapRequest } from "./code-assist.ts";
import { modelInForm } from "./form.ts";
import { parsedValue, type Slice, scanTopLevel } from "./scan.ts";
import { SESSION_MEMBERS, SESSION_TAIL, sessionOf } from "./session.ts";

export interface Ask {
  body: Uint8Array;
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

/** The member that limits the output. Chat has two: the newer name first. */
const LIMITS: Record<Protocol, readonly string[]> = {
  anthropic: ["max_tokens"],
  chat: ["max_completion_tokens", "max_tokens"],
  responses: ["max_output_tokens"],
  gemini: [],
};

const WANTED = new Set([
  "model",
  "request",
  "stream_options",
  "stream",
  "n",
  "speed",
  "service_tier",
  "generationConfig",
  ...Object.values(LIMITS).flat(),
  ...SESSION_MEMBERS,
]);

/** Reads and peeks at the body of a request. */
export async function readAsk(call: Pick<Call, "request" | "route" | "parameters">): Promise<Result<Ask, Refusal>> {
  const { request, route, parameters } = call;
  const read = await readBody(request);
  if (!read.ok) return read;
  const body = read.value;
  const contentType = request.headers.get("content-type") ?? "";
  if (contentType.startsWith("multipart/form-data")) return formAsk(body, contentType);
  const scan = scanTopLevel(body, WANTED);
  if (!scan.ok) return { ok: false, refusal: { reason: "body_malformed", detail: scan.detail } };
  const { members } = scan;
  const value = (name: string) => parsedValue(body, members.get(name));

  const modelAt = parameters.model === undefined ? (members.get("model") ?? null) : null;
  const model = parameters.model ?? value("model");
  if (typeof model !== "string" || model === "") return { ok: false, refusal: { reason: "model_missing" } };
  const ask: Ask = {
    body,
    model,
    modelAt,
    form: false,
    stream: route.protocol === "gemini" ? route.path.endsWith(":streamGenerateContent") : value("stream") === true,
    maxTokens: maxTokensOf(route.protocol, value),
    asksForMode: members.has("speed") || members.has("service_tier"),
    session: sessionOf(request.headers, body, members),
    usageUnasked: false,
  };
  if (route.envelope) return unwrapped(ask, value("request"));
  ask.usageUnasked =
    route.protocol === "chat" && ask.stream && fieldOf(value("stream_options"), "include_usage") !== true;
  return { ok: true, value: ask };
}

/** An upload: of a form only the model is known. */
function formAsk(body: Uint8Array, contentType: string): Result<Ask, Refusal> {
  const modelAt = modelInForm(body, contentType);
  const model = modelAt ? new TextDecoder().decode(body.subarray(modelAt.start, modelAt.end)).trim() : "";
  if (!modelAt || model === "") return { ok: false, refusal: { reason: "model_missing" } };
  const unknown = { stream: false, maxTokens: null, asksForMode: false, session: null, usageUnasked: false };
  return { ok: true, value: { body, model, modelAt, form: true, ...unknown } };
}

/** The ask inside a Code Assist envelope. */
function unwrapped(ask: Ask, request: unknown): Result<Ask, Refusal> {
  const inner = unwrapRequest(request);
  if (!inner) return { ok: false, refusal: { reason: "body_malformed", detail: "it has no request" } };
  const { body, session } = inner;
  const maxTokens = count(fieldOf(fieldOf(request, "generationConfig"), "maxOutputTokens"));
  const tail = session?.slice(-SESSION_TAIL) ?? ask.session;
  return { ok: true, value: { ...ask, body, modelAt: null, maxTokens, session: tail } };
}

function maxTokensOf(protocol: Protocol, value: (name: string) => unknown): number | null {
  if (protocol === "gemini") return count(fieldOf(value("generationConfig"), "maxOutputTokens"));
  const [limit = null] = LIMITS[protocol].map((name) => count(value(name))).filter((each) => each !== null);
  const choices = protocol === "chat" ? (count(value("n")) ?? 1) : 1;
  return limit === null ? null : limit * Math.max(1, choices);
}

function count(value: unknown): number | null {
  return typeof value === "number" && value >= 0 ? Math.floor(value) : null;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
