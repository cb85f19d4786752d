/**
 * The calls by which Gemini CLI finds out about its user in Code Assist mode, answered for any key that may be used.
 */
import { discoveryAnswer } from "../protocols/gemini/discovery.ts";
import { admit } from "./admit.ts";
import { refused, refusedUnasked } from "./answer.ts";
import { authenticate } from "./authenticate.ts";
import type { Call } from "./call.ts";
import { unmeteredRate } from "./unmetered-rate.ts";

export async function discover(call: Call): Promise<Response> {
  const key = await authenticate(call.http, call.url, call.env);
  if (!key.ok) return refused(call, key.refusal);
  const rate = await unmeteredRate(call, key.value);
  if (!rate.ok) return refusedUnasked(call, key.value, rate.refusal);
  const admission = await admit(call, key.value, {});
  if (!admission.ok) return refused(call, admission.refusal);
  const [, action = ""] = call.route.path.split(":");
  return Response.json(discoveryAnswer(action), { headers: { "x-request-id": call.id, "cache-control": "no-store" } });
}
