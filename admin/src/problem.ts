/**
 * What the console knows of a request that did not succeed, and how it says so. Pure.
 *
 * The relay's own message is shown where it is written for the person at the console (4xx); a failure of the relay
 * itself (5xx) gets a sentence of ours, since its details belong in the log.
 */
import { strings } from "./locale/en.ts";

export interface Problem {
  /** HTTP status; 0 when no answer came at all. */
  status: number;
  text: string;
  /** Messages per field of the API's input, where the relay named them. */
  fields: Record<string, string>;
}

export const NO_ANSWER: Problem = { status: 0, text: strings.problem.network, fields: {} };
export const UNREADABLE: Problem = { status: 0, text: strings.problem.unreadable, fields: {} };

/** Reads an error response: `{error:{type,message,details?:[{field,message}]}}`, or anything else. */
export function problemFrom(status: number, headers: Headers, body: unknown): Problem {
  const error = member(body, "error");
  const message = member(error, "message");
  const fields = fieldsOf(member(error, "details"));

  if (status === 429) return { status, text: strings.problem.rateLimited(waitOf(headers)), fields };
  if (typeof message === "string" && message !== "" && (status < 500 || status === 503)) {
    return { status, text: message, fields };
  }
  return { status, text: strings.problem.server(headers.get("x-request-id")), fields };
}

/** The problem, or null where a form shows all of it beside its own `fields`. */
export function beyondFields(problem: Problem, fields: readonly string[]): Problem | null {
  const named = Object.keys(problem.fields);
  return named.length > 0 && named.every((name) => fields.includes(name)) ? null : problem;
}

/** Whole seconds; null where the relay did not say, or said it as a date. */
function waitOf(headers: Headers): number | null {
  const seconds = Number(headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds) : null;
}

function fieldsOf(details: unknown): Record<string, string> {
  const fields: Record<string, string> = {};
  if (!Array.isArray(details)) return fields;
  for (const detail of details) {
    const field = member(detail, "field");
    const message = member(detail, "message");
    if (typeof field === "string" && field !== "" && typeof message === "string") fields[field] = asSentence(message);
  }
  return fields;
}

/** The relay writes "field: message"; alone beside its field, the message begins a sentence. */
function asSentence(message: string): string {
  return message.charAt(0).toUpperCase() + message.slice(1);
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
