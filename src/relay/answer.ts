/**
 * Refusals as responses, in the words of the protocol the client speaks; and what an answer says of the key's limits.
 */
import { rememberUse } from "../gate/recently-settled.ts";
import { countRefusal } from "../gate/refusal-counts.ts";
import type { Allowance } from "../ground/allowance.ts";
import { isUsedUp } from "../protocols/limits.ts";
import { type Protocol, WIRE } from "../protocols/wire.ts";
import { describe, type Refusal } from "../refusal.ts";
import type { Call } from "./call.ts";

/** A refusal as the client's own kind of error. `now` in milliseconds since the epoch. */
export function refuse(protocol: Protocol, requestId: string, refusal: Refusal, now: number): Response {
  const { errorBody, limits, REQUEST_ID_HEADER } = WIRE[protocol];
  const face = describe(refusal, now);
  const headers = new Headers({ "content-type": "application/json", "x-request-id": requestId });
  if (REQUEST_ID_HEADER !== undefined) headers.set(REQUEST_ID_HEADER, requestId);
  if (face.retryAfter !== undefined) headers.set("retry-after", String(face.retryAfter));
  // Understood by the Anthropic and OpenAI SDKs and by Claude Code, which repeats a plain 401 for three minutes.
  if (!face.retryable) headers.set("x-should-retry", "false");
  const more = isUsedUp(face) ? limits.reached(face) : {};
  for (const [name, value] of Object.entries(more)) headers.set(name, value);
  return new Response(errorBody(face, requestId), { status: face.status, headers });
}

export function refused(call: Call, refusal: Refusal): Response {
  return refuse(call.route.protocol, call.id, refusal, Date.now());
}

/** The same, counted here: the key's gate, which counts its own refusals, was not asked. */
export function refusedUnasked(call: Call, keyId: string, refusal: Refusal): Response {
  countRefusal(keyId, refusal.reason, Date.now());
  rememberUse(keyId);
  return refused(call, refusal);
}

/** Adds headers that tell what is used of the key's own limits. Not to an error: Claude Code would show its own words instead. */
export function withLimits(call: Call, response: Response, allowances: readonly Allowance[]): Response {
  if (!response.ok) return response;
  const headers = WIRE[call.route.protocol].limits.used(allowances, Date.now());
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
  return response;
}
