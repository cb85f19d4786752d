/**
 * What the demo upstream's two OpenAI formats share, and the small routes beside them: `/models` and `/embeddings`. Every path also works
 * under `/v1`, because an account's base URL may or may not end with it. Errors are OpenAI's own.
 */
import { tokensOf } from "./conversation.ts";
import { embeddingOf } from "./embedding.ts";
import type { DemoReply, DemoRequest } from "./exchange.ts";
import { type Fields, parseFields } from "./fields.ts";

/** Seconds since 1970, as in OpenAI's dates. Fixed, because a protocol of the demo has no clock. */
export const CREATED = Date.UTC(2026, 0, 1) / 1000;

const MODELS = ["gpt-6.1-sol", "gpt-5.2-codex", "gpt-5", "gpt-5-mini", "text-embedding-3-small"].map((id) => ({
  id,
  object: "model",
  created: CREATED,
  owned_by: "edge-relay-demo",
}));

/** The length of `text-embedding-3-small`'s vectors. */
const DIMENSIONS = 1536;
/** The greatest length of the larger model's vectors. */
const MOST_DIMENSIONS = 3072;

export function openai(request: DemoRequest): DemoReply | null {
  const path = openaiPath(request.path);
  if (!/^\/(models|embeddings)(\/|$)/.test(path)) return null;
  const refusal = refuseUnauthorized(request);
  if (refusal) return refusal;
  if (request.method === "GET" && path === "/models") return json(request, { object: "list", data: MODELS });
  if (request.method === "GET" && path.startsWith("/models/")) {
    const id = decodeURIComponent(path.slice("/models/".length));
    const model = MODELS.find((each) => each.id === id);
    return model ? json(request, model) : unknownModel(request, id);
  }
  return request.method === "POST" && path === "/embeddings" ? embeddings(request) : unknownPath(request);
}

/** The path that the API's documentation names, without the `/v1` of its base URL. */
export function openaiPath(path: string): string {
  return path.replace(/^\/v1(?=\/)/, "");
}

/** The request's body, or the refusal of an invalid one. */
export function readBody(request: DemoRequest): { ok: true; body: Fields } | { ok: false; refusal: DemoReply } {
  const body = parseFields(request.body);
  if (!body) return { ok: false, refusal: refuse(request, 400, "We could not parse the JSON body of your request.") };
  if (typeof body.model !== "string" || !body.model) {
    return { ok: false, refusal: refuse(request, 400, "you must provide a model parameter") };
  }
  return { ok: true, body };
}

export function refuseUnauthorized(request: DemoRequest): DemoReply | null {
  if (/^Bearer\s+\S/i.test(request.headers.authorization ?? "") || request.headers["api-key"]?.trim()) return null;
  return refuse(
    request,
    401,
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth " +
      "(i.e. Authorization: Bearer YOUR_KEY).",
  );
}

export function missing(request: DemoRequest, param: string): DemoReply {
  return refuse(request, 400, `Missing required parameter: '${param}'.`, { param, code: "missing_required_parameter" });
}

export function unknownPath(request: DemoRequest): DemoReply {
  return refuse(request, 404, `Invalid URL (${request.method} ${request.path})`);
}

export function refuse(
  request: DemoRequest,
  status: number,
  message: string,
  { param = null, code = null }: { param?: string | null; code?: string | null } = {},
): DemoReply {
  const error = { message, type: "invalid_request_error", param, code };
  return { kind: "json", status, headers: headersOf(request), body: { error } };
}

export function json(request: DemoRequest, body: unknown): DemoReply {
  return { kind: "json", status: 200, headers: headersOf(request), body };
}

export function headersOf(request: DemoRequest): Record<string, string> {
  return { "x-request-id": `req_${request.id}` };
}

function unknownModel(request: DemoRequest, id: string): DemoReply {
  return refuse(request, 404, `The model '${id}' does not exist`, { param: "model", code: "model_not_found" });
}

function embeddings(request: DemoRequest): DemoReply {
  const read = readBody(request);
  if (!read.ok) return read.refusal;
  const { input, model, dimensions = DIMENSIONS, encoding_format: format } = read.body;
  // A list of numbers is one text as tokens. It is the only list whose members are not texts themselves.
  const texts = Array.isArray(input) && typeof input[0] !== "number" ? input : [input];
  if (input === undefined || texts.length === 0) return missing(request, "input");
  const size = Number(dimensions);
  if (!Number.isInteger(size) || size < 1 || size > MOST_DIMENSIONS) {
    return refuse(request, 400, `Invalid value for 'dimensions' = ${dimensions}.`, { param: "dimensions" });
  }
  const data = texts.map((text, index) => {
    const vector = embeddingOf(JSON.stringify(text), size);
    return { object: "embedding", index, embedding: format === "base64" ? base64Of(vector) : vector };
  });
  const tokens = texts.reduce<number>(
    (total, text) => total + (Array.isArray(text) ? text.length : tokensOf(`${text}`)),
    0,
  );
  return json(request, { object: "list", data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } });
}

function base64Of(vector: number[]): string {
  return Buffer.from(new Float32Array(vector).buffer).toString("base64");
}
