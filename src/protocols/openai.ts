/**
 * What Chat Completions and Responses share: the error envelope and its words, the usage figures and the service tier. Facts: the
 * API reference and the types of the `openai` package 7.55. Where compatible services differ, the code that reads them says so.
 */
import { count, object, parse } from "../ground/json.ts";
import type { Category, Face } from "../refusal.ts";
import { NO_USAGE, type Usage } from "../vocabulary.ts";
import type { PriceMode } from "./meter.ts";

/** OpenAI's own code for an overloaded server, `server_is_overloaded`, is not used: Codex takes it for final and gives up. */
const ERROR_WORDS: Record<Category, { type: string; code: string | null }> = {
  invalid_request: { type: "invalid_request_error", code: null },
  authentication: { type: "invalid_request_error", code: "invalid_api_key" },
  billing: { type: "insufficient_quota", code: "insufficient_quota" },
  permission: { type: "permission_error", code: "permission_denied" },
  not_found: { type: "invalid_request_error", code: "not_found" },
  // The one code at which Codex gives up at once, whatever the status, and shows the message unchanged.
  model_not_found: { type: "invalid_request_error", code: "model_not_found" },
  previous_response_not_found: { type: "invalid_request_error", code: "previous_response_not_found" },
  too_large: { type: "invalid_request_error", code: "request_too_large" },
  rate_limit: { type: "rate_limit_error", code: "rate_limit_exceeded" },
  upstream: { type: "server_error", code: "server_error" },
  overloaded: { type: "server_error", code: "service_unavailable" },
};

/** The body of a refusal: `{error:{message,type,param,code}}`. The envelope has no place for a request id. */
export function errorBody(face: Face): string {
  return JSON.stringify({ error: errorMembers(face) });
}

export function errorMembers(face: Face): { message: string; type: string; param: null; code: string | null } {
  return { message: face.message, param: null, ...ERROR_WORDS[face.category] };
}

/** The status that an error without one would have had as a response, found by its code or else by its type. */
const STATUS_OF_ERROR = new Map<unknown, number>(
  Object.entries({
    invalid_request_error: 400,
    context_length_exceeded: 400,
    invalid_prompt: 400,
    content_filter: 400,
    content_policy_violation: 400,
    bio_policy: 400,
    cyber_policy: 400,
    invalid_api_key: 401,
    authentication_error: 401,
    account_deactivated: 401,
    billing_error: 402,
    permission_error: 403,
    permission_denied: 403,
    request_forbidden: 403,
    unsupported_country_region_territory: 403,
    usage_not_included: 403,
    not_found_error: 404,
    model_not_found: 404,
    request_too_large: 413,
    rate_limit_exceeded: 429,
    rate_limit_error: 429,
    rate_limit_reached: 429,
    requests: 429,
    tokens: 429,
    insufficient_quota: 429,
    usage_limit_reached: 429,
    billing_hard_limit_reached: 429,
    server_error: 500,
    api_error: 500,
    service_unavailable: 503,
    service_unavailable_error: 503,
    server_is_overloaded: 503,
    slow_down: 503,
    overloaded_error: 503,
  }),
);

/** Events that come before anything is known. The failure may follow them in the same bytes. */
const PRELUDE = new Set<unknown>(["response.created", "response.in_progress", "response.queued"]);

/**
 * Reads `text`, the beginning of a stream or a whole body. If it is an error, returns the response that it should have been, with
 * the upstream's own bytes where they are already an error envelope. Returns null for anything else.
 */
export function errorIn(text: string): { status: number; body: string } | null {
  for (const data of payloads(text)) {
    const event = object(parse(data));
    if (!event) return null;
    if (!PRELUDE.has(event.type)) return errorOf(event, data);
  }
  return null;
}

function payloads(text: string): string[] {
  if (text.trimStart().startsWith("{")) return [text];
  const lines = text.split("\n").filter((line) => line.startsWith("data:"));
  return lines.map((line) => line.slice("data:".length));
}

function errorOf(event: Record<string, unknown>, data: string): { status: number; body: string } | null {
  // A response that failed comes as an event or as the body of a whole answer.
  const response = event.type === "response.failed" ? object(event.response) : event;
  const failed = response !== event || (event.object === "response" && event.status === "failed");
  if (failed) return enveloped(object(response?.error) ?? {});
  const error = object(event.error);
  if (error) return { status: statusOf(error), body: data.trim() };
  // Small services send `{"error":"…"}`.
  if (typeof event.error === "string" && event.error !== "") return { status: statusOf(event), body: data.trim() };
  // The error event of Responses has its fields beside its type. vLLM says `object: "error"`.
  return event.type === "error" || event.object === "error" ? enveloped(event) : null;
}

function enveloped(error: Record<string, unknown>): { status: number; body: string } {
  const code = error.code ?? null;
  const type = typeof error.type === "string" && error.type !== "error" ? error.type : (code ?? "server_error");
  const message = error.message ?? "The upstream reported an error without words.";
  const status = statusOf(error);
  return { status, body: JSON.stringify({ error: { message, type, param: error.param ?? null, code } }) };
}

/** OpenRouter and vLLM put the status itself into `code`, as a number or as digits. */
function statusOf(error: Record<string, unknown>): number {
  for (const value of [error.code, error.status]) {
    const status = Number(value);
    if (Number.isInteger(status) && status >= 400 && status < 600) return status;
  }
  return STATUS_OF_ERROR.get(error.code) ?? STATUS_OF_ERROR.get(error.type) ?? 500;
}

/**
 * The usage object of Chat Completions and embeddings (`prompt_tokens`), or of Responses, images and transcriptions
 * (`input_tokens`). Returns null if it holds no tokens (Whisper reports seconds). OpenAI counts what was read from and written to
 * the cache in the input, and reasoning in the output.
 */
export function usageOf(value: unknown): Usage | null {
  const counts = object(value);
  if (!counts) return null;
  if (![counts.prompt_tokens, counts.input_tokens, counts.total_tokens].some(Number.isSafeInteger)) return null;
  const inputDetails = object(counts.prompt_tokens_details) ?? object(counts.input_tokens_details);
  const outputDetails = object(counts.completion_tokens_details) ?? object(counts.output_tokens_details);
  const prompt = count(counts.prompt_tokens) || count(counts.input_tokens);
  const completion = count(counts.completion_tokens) || count(counts.output_tokens);
  // DeepSeek and Moonshot have other names for it.
  const cached =
    count(inputDetails?.cached_tokens) || count(counts.prompt_cache_hit_tokens) || count(counts.cached_tokens);
  const written = count(inputDetails?.cache_write_tokens);
  const reasoning = count(outputDetails?.reasoning_tokens);
  // xAI reports reasoning beside the completion, not in it. Its own total shows that.
  const beside = reasoning > 0 && count(counts.total_tokens) === prompt + completion + reasoning;
  return {
    ...NO_USAGE,
    input: Math.max(0, prompt - cached - written),
    cacheWrite5m: written,
    cacheRead: cached,
    output: beside ? completion + reasoning : completion,
    reasoning,
  };
}

/** The tier that served the request. The requested tier is not the one that is billed. */
export function modeOf(serviceTier: unknown): PriceMode {
  if (serviceTier === "priority") return "priority";
  return serviceTier === "fast" || serviceTier === "ultrafast" ? "fast" : "standard";
}
