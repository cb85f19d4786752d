/**
 * Errors in the format of Google's APIs, google.rpc.Status and its details, and how Gemini CLI 0.61 and `@google/genai` 3.1
 * react to them.
 */
import { count, object, parse } from "../../ground/json.ts";
import type { Category, Face } from "../../refusal.ts";

const STATUS_NAMES: Record<Category, string> = {
  invalid_request: "INVALID_ARGUMENT",
  authentication: "UNAUTHENTICATED",
  billing: "RESOURCE_EXHAUSTED",
  permission: "PERMISSION_DENIED",
  not_found: "NOT_FOUND",
  model_not_found: "NOT_FOUND",
  previous_response_not_found: "NOT_FOUND",
  too_large: "INVALID_ARGUMENT",
  rate_limit: "RESOURCE_EXHAUSTED",
  upstream: "INTERNAL",
  overloaded: "UNAVAILABLE",
};

/**
 * Gemini CLI waits for as long as `RetryInfo` says, and tries a 429 without it ten times. Above 300 seconds it gives up at once,
 * which is right where no retry within the minute can succeed.
 */
const GIVE_UP_DELAY_S = 301;

/** The body of a refusal: `{error:{code,message,status,details}}`. Google's clients read delays in the body, not in headers. */
export function errorBody(face: Face, requestId: string): string {
  const details: object[] = [{ "@type": "type.googleapis.com/google.rpc.RequestInfo", requestId }];
  if (face.retryAfter !== undefined || (face.status === 429 && !face.retryable)) {
    const wait = face.retryAfter ?? 0;
    const seconds = face.retryable ? wait : Math.max(wait, GIVE_UP_DELAY_S);
    details.push({ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: `${seconds}s` });
  }
  const { status: code, message } = face;
  return JSON.stringify({ error: { code, message, status: STATUS_NAMES[face.category], details } });
}

/** The event that tells a client that its stream broke. The SDK throws on a chunk whose `error.code` is 400 or more. */
export function errorEvent(message: string): string {
  return `data: ${brokenBody(message)}\n\n`;
}

/** The same for a stream that is a JSON array: a last element, and the end of the array. */
export function errorElement(message: string): string {
  return `,\n${brokenBody(message)}\n]`;
}

/** The error object of both. */
export function brokenBody(message: string): string {
  return JSON.stringify({ error: { code: 503, message, status: "UNAVAILABLE" } });
}

/** The HTTP status of each google.rpc.Code, for an error that has only the code's name. */
const STATUS_OF_NAME = new Map<unknown, number>(
  Object.entries({
    INVALID_ARGUMENT: 400,
    FAILED_PRECONDITION: 400,
    OUT_OF_RANGE: 400,
    UNAUTHENTICATED: 401,
    PERMISSION_DENIED: 403,
    NOT_FOUND: 404,
    ABORTED: 409,
    ALREADY_EXISTS: 409,
    RESOURCE_EXHAUSTED: 429,
    CANCELLED: 499,
    UNIMPLEMENTED: 501,
    UNAVAILABLE: 503,
    DEADLINE_EXCEEDED: 504,
  }),
);

/**
 * Reads `text`, the beginning of a stream or a whole body. If it is an error, returns the response that it should have been,
 * with the upstream's own bytes. Returns null for anything else.
 */
export function errorIn(text: string): { status: number; body: string } | null {
  const data = text.match(/^(?:event:[^\n]*\n|:[^\n]*\n|\r?\n)*data:([^\n]*)/)?.[1] ?? text;
  const trimmed = data.trim();
  // Of an array only the first element may have arrived.
  const body = trimmed.slice(trimmed.startsWith("[") ? 1 : 0, trimmed.lastIndexOf("}") + 1);
  const error = object(parse(body))?.error;
  const status = object(error);
  if (!status) return typeof error === "string" && error !== "" ? { status: 500, body } : null;
  const code = count(status.code);
  return { status: code >= 400 && code < 600 ? code : (STATUS_OF_NAME.get(status.status) ?? 500), body };
}
