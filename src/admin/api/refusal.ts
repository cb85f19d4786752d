/**
 * How the admin API refuses: one envelope, `{error:{type,message,details?}}`, and one status per reason. Messages are written for the
 * person at the console. None of them repeats a secret that was sent.
 */
import type { Context, TypedResponse } from "hono";

const FACES = {
  invalid: { status: 400, type: "invalid_request_error" },
  unauthenticated: { status: 401, type: "authentication_error" },
  access_denied: { status: 403, type: "permission_error" },
  https_required: { status: 403, type: "permission_error" },
  cross_site: { status: 403, type: "permission_error" },
  not_found: { status: 404, type: "not_found_error" },
  conflict: { status: 409, type: "conflict_error" },
  too_large: { status: 413, type: "request_too_large" },
  not_json: { status: 415, type: "invalid_request_error" },
  too_many_logins: { status: 429, type: "rate_limit_error" },
  too_many_failures: { status: 429, type: "rate_limit_error" },
  provider_failed: { status: 502, type: "provider_error" },
  failed: { status: 500, type: "api_error" },
  allowance_used_up: { status: 503, type: "allowance_used_up" },
  schema_stale: { status: 503, type: "schema_stale" },
  access_unavailable: { status: 503, type: "access_unavailable" },
  not_configured: { status: 503, type: "configuration_error" },
  gate_unreachable: { status: 503, type: "gate_unreachable" },
  keeper_unreachable: { status: 503, type: "keeper_unreachable" },
} as const;

/** What may be wrong with a field, for programs and for translation. New codes may be added; none changes its meaning. */
export const FIELD_CODES = [
  "required",
  "wrong_type",
  "wrong_format",
  "too_short",
  "too_long",
  "too_small",
  "too_big",
  "too_few",
  "too_many",
  "not_an_option",
  "unknown_field",
  "not_found",
  "duplicate",
  /** Whatever no other code says. The message tells it. */
  "invalid",
] as const;
export type FieldCode = (typeof FIELD_CODES)[number];

/** What is wrong with one field. */
export interface FieldProblem {
  /** A path such as `model_mapping.opus`, or "" for the body as a whole. */
  field: string;
  message: string;
  /** Left out for `invalid`. */
  code?: FieldCode;
  /** The bound that was exceeded, in the unit of the field. */
  limit?: number;
}

export interface AdminRefusal {
  reason: keyof typeof FACES;
  message: string;
  details?: FieldProblem[];
}

/** A 400 that also names its fields in the message, which users of `curl` read first. */
export function invalid(...details: FieldProblem[]): AdminRefusal {
  const message = details.map(({ field, message }) => (field ? `${field}: ${message}` : message)).join("; ");
  return { reason: "invalid", message, details };
}

export interface FieldProblemView {
  field: string;
  message: string;
  code: FieldCode;
  limit?: number | undefined;
}

export interface ErrorView {
  type: string;
  message: string;
  details?: FieldProblemView[] | undefined;
}

/** A refusal as one of many results in an answer. */
export function errorOf({ reason, message }: AdminRefusal): { type: string; message: string } {
  return { type: FACES[reason].type, message };
}

/** Written out, because the console's types are generated from it and the inferred type is too long for that. */
export type RefusalResponse = Response &
  TypedResponse<{ error: ErrorView }, (typeof FACES)[keyof typeof FACES]["status"], "json">;

/** Turns a refusal into a response. */
export function refuse(c: Context, refusal: AdminRefusal): RefusalResponse {
  const { reason, details } = refusal;
  const views = details?.map((problem): FieldProblemView => ({ code: "invalid", ...problem }));
  const error: ErrorView = { ...errorOf(refusal), ...(views && { details: views }) };
  return c.json({ error }, FACES[reason].status);
}

export function conflict(message: string): { ok: false; refusal: AdminRefusal } {
  return { ok: false, refusal: { reason: "conflict", message } };
}
