/**
 * The one call that asks the key's gate for leave.
 */
import type { Admission } from "../gate/gate.ts";
import type { Refusal } from "../refusal.ts";
import type { Result } from "../vocabulary.ts";
import type { Ask } from "./ask.ts";
import type { Call } from "./call.ts";
import type { WorstCase } from "./charge.ts";

/** Admits the request, or says why not. What it grants must be settled (see settle.ts), also when a later step throws. */
export async function admit(
  call: Call,
  keyId: string,
  ask: Ask | null,
  worst: WorstCase = { worstNanos: 0, worstTokens: 0 },
): Promise<Result<Admission, Refusal>> {
  const { request, env, route } = call;
  const question = {
    leaseId: call.id,
    platform: route.platform,
    model: ask?.model ?? null,
    client: call.client,
    userAgent: request.headers.get("user-agent") ?? "",
    ip: request.headers.get("cf-connecting-ip"),
    takesLease: route.operation === "generate",
    ...worst,
  };
  for (let attempt = 1; ; attempt++) {
    try {
      const admission = await env.GATE.getByName(keyId).admit(keyId, question);
      if (!admission.ok && admission.refusal.reason === "client_denied") {
        // An operator writes a client rule from this line; a user agent is not a secret.
        console.log(`client refused by rule: ${question.client}, user-agent ${JSON.stringify(question.userAgent)}`);
      }
      return admission;
    } catch (error) {
      // An object restarts on every deploy and says so; its limits are exact, so no answer means no admission.
      if (attempt === 1 && isRetryable(error)) continue;
      console.error(`gate did not answer: ${String(error)}`);
      return { ok: false, refusal: { reason: "gate_unavailable" } };
    }
  }
}

/** Whether a Durable Object's error says that the same call may succeed on a fresh stub. */
export function isRetryable(error: unknown): boolean {
  return error instanceof Error && "retryable" in error && error.retryable === true;
}
