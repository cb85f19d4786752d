/**
 * Where the providers put the details of an error in its body. Reads typed fields only and judges nothing.
 *
 * Shapes: `{type:"error",error:{type,message,details:{error_code}}}` (Anthropic), `{error:{type,code,message}}` and
 * `{type:"response.failed",response:{error:{…}}}` (OpenAI), `{detail:{code}}` or `{detail:"…"}` (Codex, Factory),
 * `{error:{status,message,details:[…]}}`, alone or as the first of a list (Google), `{error:"…"}` (small services).
 */
import { array, isObject, object } from "../../ground/json.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** What an error body says, in the providers' own words. */
export interface ErrorBody {
  /** `type`, `code`, `status` and the reasons in `details`: identifiers, never prose. */
  typed: ReadonlySet<string>;
  message: string;
  error: Fields | undefined;
  /** The objects in Google's `error.details`. */
  details: readonly Fields[];
}

/** Reads a parsed body. Returns an empty result for anything that is no error body. */
export function readErrorBody(body: unknown): ErrorBody {
  const root = object(Array.isArray(body) ? body[0] : body);
  const error = object(root?.error) ?? object(object(root?.response)?.error) ?? object(root?.detail) ?? root;
  const details = array(error?.details).filter(isObject);
  const errors = array(error?.errors).filter(isObject);
  const words = [
    ...[error?.type, error?.code, error?.status, object(error?.details)?.error_code],
    ...[...details, ...errors].map((detail) => detail.reason),
  ];
  const message = [error?.message, root?.error, root?.detail, root?.message].find((text) => typeof text === "string");
  return {
    typed: new Set(words.filter((word) => typeof word === "string")),
    message: typeof message === "string" ? message : "",
    error,
    details,
  };
}

/** The details that have one of Google's types, such as `RetryInfo`. */
export function detailsOf(details: readonly Fields[], type: string): Fields[] {
  return details.filter((detail) => String(detail["@type"]).endsWith(`google.rpc.${type}`));
}

/** An exceeded quota in Google's terms. */
export interface Violation {
  quotaId: string;
  model: string | null;
}

export function violationsIn(details: readonly Fields[]): Violation[] {
  return detailsOf(details, "QuotaFailure")
    .flatMap(({ violations }) => array(violations))
    .map((violation) => {
      const model = object(object(violation)?.quotaDimensions)?.model;
      return {
        quotaId: String(object(violation)?.quotaId ?? ""),
        model: typeof model === "string" ? model.replace(/^models\//, "") : null,
      };
    });
}
