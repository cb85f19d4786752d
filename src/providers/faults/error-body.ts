/**
 * Where the providers put what they have to say in an error body. Reads typed fields only and judges nothing.
 *
 * Shapes: `{type:"error",error:{type,message,details:{error_code}}}` (Anthropic), `{error:{type,code,message}}` and
 * `{type:"response.failed",response:{error:{…}}}` (OpenAI), `{detail:{code}}` or `{detail:"…"}` (Codex, Factory),
 * `{error:{status,message,details:[…]}}`, alone or as the first of a list (Google), `{error:"…"}` (small services).
 */

export type Fields = Readonly<Record<string, unknown>>;

/** What an error body says, in the providers' own words. */
export interface ErrorBody {
  /** `type`, `code`, `status` and the reasons in `details`: identifiers, never prose. */
  typed: ReadonlySet<string>;
  message: string;
  error: Fields | null;
  /** The objects in Google's `error.details`. */
  details: readonly Fields[];
}

/** Reads a parsed body; anything that is no error body gives an empty one. */
export function readErrorBody(body: unknown): ErrorBody {
  const root = fields(Array.isArray(body) ? body[0] : body);
  const error = fields(root?.error) ?? fields(fields(root?.response)?.error) ?? fields(root?.detail) ?? root;
  const details = (Array.isArray(error?.details) ? error.details : []).map(fields).filter((detail) => detail !== null);
  const errors = (Array.isArray(error?.errors) ? error.errors : []).map(fields);
  const words = [
    ...[error?.type, error?.code, error?.status, fields(error?.details)?.error_code],
    ...[...details, ...errors].map((detail) => detail?.reason),
  ];
  const message = [error?.message, root?.error, root?.detail, root?.message].find((text) => typeof text === "string");
  return {
    typed: new Set(words.filter((word) => typeof word === "string")),
    message: typeof message === "string" ? message : "",
    error,
    details,
  };
}

/** The details of one of Google's types, such as `RetryInfo`. */
export function detailsOf(details: readonly Fields[], type: string): Fields[] {
  return details.filter((detail) => String(detail["@type"]).endsWith(`google.rpc.${type}`));
}

/** A quota that was exceeded, as Google names it. */
export interface Violation {
  quotaId: string;
  model: string | null;
}

export function violationsIn(details: readonly Fields[]): Violation[] {
  return detailsOf(details, "QuotaFailure")
    .flatMap(({ violations }) => (Array.isArray(violations) ? violations : []))
    .map((violation) => {
      const model = fields(fields(violation)?.quotaDimensions)?.model;
      return {
        quotaId: String(fields(violation)?.quotaId ?? ""),
        model: typeof model === "string" ? model.replace(/^models\//, "") : null,
      };
    });
}

export function fields(value: unknown): Fields | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}
