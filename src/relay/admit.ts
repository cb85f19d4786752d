/**
 * The one call that asks the key's gate for leave.
 */
import type { Entry } from "../gate/ledger.ts";
import type { Admission, AdmitAsk } from "../gate/messages.ts";
import type { Refusal } from "../refusal.ts";
import type { Result } from "../vocabulary.ts";
import type { Ask } from "./ask.ts";
import type { Call } from "./call.ts";
import type { WorstCase } from "./charge.ts";

const TRIES = 3;

/** Admits the request, or says why not. What it grants must be settled (see settle.ts), also when a later step throws. */
export async function admit(
  call: Call,
  keyId: string,
  ask: Ask | null,
  worst: WorstCase = { worstNanos: 0, worstTokens: 0 },
  estimate: Entry | null = null,
): Promise<Result<Admission, Refusal>> {
  const { request, env, route } = call;
  const question: AdmitAsk = {
    leaseId: call.id,
    platforms: route.platforms,
    model: ask?.model ?? call.parameters.model ?? null,
    client: call.client,
    userAgent: request.headers.get("user-agent") ?? "",
    ip: request.headers.get("cf-connecting-ip"),
    session: ask?.session ?? null,
    responseId: null,
    takesLease: route.operation === "generate",
    estimate,
    settlements: [],
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
      // An object restarts on every deploy. Asking again is safe: the same lease is granted once.
      if (attempt < TRIES) continue;
      console.error(`gate did not answer: ${String(error)}`);
      // Limits are exact, so no answer means no admission; but a grant may have been lost on its way here.
      if (question.takesLease) call.ctx.waitUntil(giveBack(call, keyId));
      return { ok: false, refusal: { reason: "gate_unavailable" } };
    }
  }
}

async function giveBack(call: Call, keyId: string): Promise<void> {
  try {
    await call.env.GATE.getByName(keyId).cancel(keyId, call.id);
  } catch (error) {
    console.error(`lease ${call.id} is left to lapse: ${String(error)}`);
  }
}
