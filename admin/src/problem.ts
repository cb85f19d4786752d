/**
 * What the console knows of a request that failed, and how it says so. Pure.
 *
 * The relay's own message is shown if it is written for the person at the console (4xx). For a failure of the relay itself (5xx) there is a
 * sentence of the console's, because the details belong in the log.
 */
import type { FieldProblem } from "./form/problem.ts";
import { strings } from "./locale/strings.ts";

export interface Problem {
  /** HTTP status; 0 if no answer came at all. */
  status: number;
  text: string;
  /** What is wrong with which field of the API's input, if the relay said so. */
  fields: FieldProblem[];
}

export const NO_ANSWER: Problem = { status: 0, text: strings.problem.network, fields: [] };
export const UNREADABLE: Problem = { status: 0, text: strings.problem.unreadable, fields: [] };

/** Reads an error response: `{error:{type,message,details?:[{field,message,code?,limit?}]}}`, or anything else. */
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

/** Whole seconds; null if the relay gave none, or gave a date. */
function waitOf(headers: Headers): number | null {
  const seconds = Number(headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds) : null;
}

function fieldsOf(details: unknown): FieldProblem[] {
  if (!Array.isArray(details)) return [];
  return details.flatMap((detail) => {
    const field = member(detail, "field");
    const message = member(detail, "message");
    if (typeof field !== "string" || typeof message !== "string") return [];
    const code = member(detail, "code");
    const limit = member(detail, "limit");
    return { field, message, ...(typeof code === "string" && { code }), ...(typeof limit === "number" && { limit }) };
  });
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
