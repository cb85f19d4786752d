/**
 * An upstream's error in the client's format. Its words are kept, because several clients act on them. Where the formats differ in
 * what clients act on (a prompt that is too long), the error uses the words of the client's own API.
 */
import { array, isObject, object, parse, text } from "../../ground/json.ts";
import type { Category } from "../../refusal.ts";
import { type Protocol, WIRE } from "../wire.ts";
import type { HubError } from "./hub.ts";

/** Reads a body with an error status. `body` may be anything. */
export function errorOf(status: number, body: string): HubError {
  const { message, words } = wordsOf(parse(body));
  const tooLong = words.some((word) => TOO_LONG_CODES.has(word)) || TOO_LONG.test(message);
  return {
    status: status === 413 || !tooLong ? status : 400,
    category: categoryOf(status),
    message: message === "" ? `The upstream refused the request (status ${status}).` : message,
    ...(tooLong && { tooLong: lengthsIn(message) }),
  };
}

/** The error as a body in the client's own format. */
export function errorBodyFor(client: Protocol, error: HubError, requestId: string): string {
  const message = error.tooLong && client === "anthropic" ? promptTooLong(error.tooLong) : error.message;
  const retryable = error.status === 429 || error.status >= 500;
  const { status, category } = error;
  const written = WIRE[client].errorBody({ status, category, message, retryable }, requestId);
  return error.tooLong && (client === "chat" || client === "responses") ? withCode(written) : written;
}

const TOO_LONG_CODES = new Set(["context_length_exceeded", "model_context_window_exceeded"]);
/** The words of OpenAI and its followers, of Anthropic and of Google for a prompt that is too long. */
const TOO_LONG =
  /maximum context length|prompt is too long|input token count.{0,80}exceeds|exceeds? the (?:model's )?context window|context_length_exceeded/i;

/** How long the prompt was and how long it may be, in tokens, if the message says so. */
function lengthsIn(message: string): { tokens: number | null; most: number | null } {
  const numbers = [...message.matchAll(/\d[\d,]{2,}/g)].map(([digits]) => Number(digits.replaceAll(",", "")));
  if (numbers.length < 2) return { tokens: null, most: numbers[0] ?? null };
  // An error may quote the request, so there may be very many numbers: too many for the arguments of one call.
  const tokens = numbers.reduce((one, other) => Math.max(one, other));
  const most = numbers.reduce((one, other) => Math.min(one, other));
  return { tokens, most };
}

/** The words on which Claude Code compacts the conversation. */
function promptTooLong({ tokens, most }: { tokens: number | null; most: number | null }): string {
  if (tokens === null || most === null || tokens <= most) return "prompt is too long";
  return `prompt is too long: ${tokens} tokens > ${most} maximum`;
}

/** Adds the code that Codex and the OpenAI SDKs look for. */
function withCode(body: string): string {
  const written = object(parse(body)) ?? {};
  return JSON.stringify({ ...written, error: { ...object(written.error), code: "context_length_exceeded" } });
}

function categoryOf(status: number): Category {
  switch (status) {
    case 401:
      return "authentication";
    case 402:
      return "billing";
    case 403:
      return "permission";
    case 404:
      return "not_found";
    case 413:
      return "too_large";
    case 429:
      return "rate_limit";
    case 503:
    case 529:
      return "overloaded";
    default:
      return status >= 500 ? "upstream" : "invalid_request";
  }
}

/** The error's message, and the identifiers in it. Each provider has its own place for them. */
function wordsOf(body: unknown): { message: string; words: string[] } {
  const root = object(Array.isArray(body) ? body[0] : body);
  const error = object(root?.error) ?? object(object(root?.response)?.error) ?? object(root?.detail) ?? root;
  const message = [error?.message, root?.error, root?.detail, root?.message].map(text).find((each) => each !== null);
  const details = array(error?.details).filter(isObject);
  const words = [error?.type, error?.code, error?.status, ...details.map(({ reason }) => reason)];
  return { message: message ?? "", words: words.filter((word) => typeof word === "string") };
}
