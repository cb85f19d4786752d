/**
 * Errors as the Messages API writes them: a refusal, the event that breaks a stream off, and how an upstream's error is told
 * from an answer. Facts: the API reference and the types of the `anthropic` package 1.11.
 */
import { object, parse } from "../../ground/json.ts";
import type { Category, Face } from "../../refusal.ts";

const ERROR_TYPES: Record<Category, string> = {
  invalid_request: "invalid_request_error",
  authentication: "authentication_error",
  billing: "billing_error",
  permission: "permission_error",
  not_found: "not_found_error",
  model_not_found: "not_found_error",
  previous_response_not_found: "not_found_error",
  too_large: "request_too_large",
  rate_limit: "rate_limit_error",
  upstream: "api_error",
  overloaded: "overloaded_error",
};

/** The header in which the Anthropic SDKs look for the request id. */
export const REQUEST_ID_HEADER = "request-id";

/** The body of a refusal: `{type:"error",error:{type,message},request_id}`. */
export function errorBody(face: Face, requestId: string): string {
  const error = { type: ERROR_TYPES[face.category], message: face.message };
  return JSON.stringify({ type: "error", error, request_id: requestId });
}

/** The event that tells a client that its stream broke. Without it several clients take a closed connection for success. */
export function errorEvent(message: string): string {
  return `event: error\ndata: ${JSON.stringify({ type: "error", error: { type: "api_error", message } })}\n\n`;
}

/** The status that the API documents for each error type. An error event gets the status that a response would have had. */
const STATUS_OF_ERROR: Record<string, number> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

/**
 * Reads `text`, the beginning of a stream or a whole body. If it is an error, returns the response that it should have been,
 * with the upstream's own bytes as the body. Returns null for anything else.
 */
export function errorIn(text: string): { status: number; body: string } | null {
  const data = text.match(/^(?:event:[^\n]*\n)?data:([^\n]*)/)?.[1] ?? text;
  const parsed = object(parse(data));
  const error = object(parsed?.error);
  if (parsed?.type !== "error" || !error) return null;
  return { status: STATUS_OF_ERROR[String(error.type)] ?? 500, body: data.trim() };
}
