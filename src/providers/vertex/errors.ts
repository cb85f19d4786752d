/**
 * Google's errors in the form of the Messages API. Vertex's own refusals come in Google's form, those of the model behind it in
 * Anthropic's. The status and the details stay inside, for the fault table. Source: Google, "Error model", google.rpc.Code.
 */
import { LARGEST_ERROR, textAtMost } from "../../ground/bounded-body.ts";
import { object, parse, text } from "../../ground/json.ts";

const TYPES: Readonly<Record<string, string>> = {
  INVALID_ARGUMENT: "invalid_request_error",
  FAILED_PRECONDITION: "invalid_request_error",
  OUT_OF_RANGE: "invalid_request_error",
  UNAUTHENTICATED: "authentication_error",
  PERMISSION_DENIED: "permission_error",
  NOT_FOUND: "not_found_error",
  RESOURCE_EXHAUSTED: "rate_limit_error",
  DEADLINE_EXCEEDED: "timeout_error",
  UNAVAILABLE: "overloaded_error",
};

/** A failed answer in the form of the Messages API. One that has that form already, or none at all, is returned unchanged. */
export async function asMessagesError(response: Response): Promise<Response> {
  if (response.status < 400) return response;
  const headers = new Headers(response.headers);
  const said = await textAtMost(response, LARGEST_ERROR);
  const body = parse(said);
  // A stream returns a list, with the error as its first element.
  const error = object(object(Array.isArray(body) ? body[0] : body)?.error);
  const status = text(error?.status);
  const message = text(error?.message);
  if (status === null || message === null) return new Response(said, { status: response.status, headers });
  headers.set("content-type", "application/json");
  const type = (Object.hasOwn(TYPES, status) ? TYPES[status] : undefined) ?? "api_error";
  const { details } = error ?? {};
  const own = { type, message, status, ...(Array.isArray(details) && { details }) };
  return new Response(JSON.stringify({ type: "error", error: own }), { status: response.status, headers });
}
