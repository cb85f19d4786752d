/**
 * The one call that asks the key's gate for admission. Settlements of the key that wait in this isolate go along.
 */
import { record } from "../events.ts";
import { aliasesOfKey, rememberAliases } from "../gate/key-aliases.ts";
import {
  rememberSettleWithin,
  sendPendingSettlements,
  sendSettlements,
  takePendingSettlements,
} from "../gate/pending-settlements.ts";
import { rememberUse } from "../gate/recently-settled.ts";
import { countRefusal, takeRefusals } from "../gate/refusal-counts.ts";
import { rememberRefusal } from "../gate/refused-keys.ts";
import { awaitedWriteOf, seeStored } from "../gate/riding-settlements.ts";
import type { Admission, AdmitInput, Admitted } from "../gate/rpc.ts";
import { again } from "../ground/again.ts";
import { allowanceResetAt, allowanceUsedUp } from "../ground/free-plan.ts";
import { credentialsIn, holdsApiKey } from "../keys/holds-api-key.ts";
import type { Refusal } from "../refusal.ts";
import type { Entry } from "../store/entry.ts";
import type { Aliases, Result } from "../vocabulary.ts";
import type { Call } from "./call.ts";
import type { WorstCase } from "./charge.ts";
import { answerDeadline, SHORTEST_TRY_MS } from "./deadline.ts";
import type { RelayRequest } from "./request.ts";

const TRIES = 3;
/** For giving a lease back. Nobody waits for it, and a lease that is not given back is booked as if its request had been sent. */
const CANCEL_PAUSES_MS = [0, 50, 250, 1_000];

/** What the gate is asked about. A missing field means nothing, or what the path says. */
export interface LeaveAsked {
  request?: RelayRequest;
  /** The platforms whose accounts could serve it, best first. */
  platforms?: AdmitInput["platforms"];
  /** What the key's own aliases make of its model, as far as this isolate knows them. */
  keyChain?: AdmitInput["keyChain"];
  worst?: WorstCase;
  /** What is booked if the lease lapses. */
  estimate?: Entry;
}

/**
 * Admits a request whose plan depends on the key's own aliases. If the gate knows other aliases than this isolate, it says them and
 * the plan is made again; that happens once at most for each change of them.
 */
export async function admitPlanned<Plan extends LeaveAsked>(
  call: Call,
  keyId: string,
  planWith: (own: Aliases) => Plan,
): Promise<Result<{ plan: Plan; admission: Admission }, Refusal>> {
  for (let plans = 1; ; plans++) {
    const plan = planWith(aliasesOfKey(keyId));
    const admission = await admit(call, keyId, plan);
    if (admission.ok) return { ok: true, value: { plan, admission: admission.value } };
    if (admission.refusal.reason !== "aliases_differ" || plans === TRIES) return admission;
    rememberAliases(keyId, admission.refusal.aliases);
  }
}

/** Admits the request, or says why not. What it grants must be settled (see settle.ts), even if a later step throws. */
export async function admit(
  call: Call,
  keyId: string,
  { request, platforms = call.route.platforms, keyChain = null, worst = NOTHING, estimate }: LeaveAsked,
): Promise<Result<Admission, Refusal>> {
  const { http, route } = call;
  const { signal } = http;
  if (signal.aborted) return LEFT;
  // From here on this invocation must send them.
  const settlements = takePendingSettlements(keyId);
  const awaited = awaitedWriteOf(keyId);
  const refusals = takeRefusals(keyId);
  const question: AdmitInput = {
    leaseId: call.id,
    platforms,
    keyChain,
    model: request?.model ?? call.parameters.model ?? null,
    otherModels: request?.otherModels ?? [],
    client: call.client,
    userAgent: http.headers.get("user-agent") ?? "",
    ip: http.headers.get("cf-connecting-ip"),
    // If it waits longer, the client gives up before a try can end.
    longestWaitMs: Math.max(0, answerDeadline(call, request?.stream ?? false) - SHORTEST_TRY_MS - Date.now()),
    session: request?.session ?? null,
    responseId:
      request?.responseId ?? (route.upstreamPath.endsWith("/responses/{id}") ? (call.parameters.id ?? null) : null),
    takesLease: route.operation === "generate",
    estimate: estimate ?? null,
    ...(refusals && { refusals }),
    settlements,
    ...(awaited && { awaitedWrite: awaited.name }),
    ...worst,
  };
  const takeBack = () => {
    if (question.takesLease) call.ctx.waitUntil(cancel(call, keyId));
  };
  // At once, without waiting for the gate's answer: the request may be in the queue for minutes, with others behind it.
  signal.addEventListener("abort", takeBack, { once: true });
  try {
    const admission = await answerOf(call, keyId, question);
    // Limits are exact, so no answer means no admission; but a grant may have been lost on its way here.
    if (admission === "no answer" || admission === "used up") {
      countRefusal(keyId, NO_GATE[admission](Date.now()).reason, Date.now());
      takeBack();
      if (settlements.length > 0) call.ctx.waitUntil(sendSettlements(call.env, keyId, settlements));
    } else {
      const seeing = seeStored(call.env, keyId, settlements, admission, awaited);
      if (seeing) call.ctx.waitUntil(seeing);
      if (admission.ok) {
        const { settleWithinMs } = admission.value;
        rememberSettleWithin(keyId, settleWithinMs);
        // Of what has ended while the gate was asked, too.
        if (settleWithinMs === 0) call.ctx.waitUntil(sendPendingSettlements(call.env, keyId));
      }
    }
    if (signal.aborted) return LEFT;
    return typeof admission === "string" ? { ok: false, refusal: NO_GATE[admission](Date.now()) } : admission;
  } finally {
    signal.removeEventListener("abort", takeBack);
  }
}

const NOTHING: WorstCase = { worstNanos: 0, worstTokens: 0, unpriced: false };

/** For the books, a client that left before it was admitted has asked for nothing. */
const LEFT: Result<never, Refusal> = { ok: false, refusal: { reason: "cancelled" } };

const NO_GATE = {
  "no answer": () => ({ reason: "gate_unavailable" }),
  "used up": (now: number) => ({ reason: "allowance_used_up", resetAt: allowanceResetAt(now) }),
} as const satisfies Record<string, (now: number) => Refusal>;

async function answerOf(
  { env, http }: Call,
  keyId: string,
  question: AdmitInput,
): Promise<Admitted | keyof typeof NO_GATE> {
  for (let attempt = 1; ; attempt++) {
    try {
      const admission = await env.GATE.getByName(keyId).admit(keyId, question);
      if (!admission.ok) {
        rememberRefusal(keyId, admission.refusal, Date.now());
        rememberUse(keyId);
      }
      if (!admission.ok && admission.refusal.reason === "client_denied") {
        record({
          event: "client_refused",
          request: question.leaseId,
          client: question.client,
          user_agent: holdsApiKey(question.userAgent, credentialsIn(http)) ? "(holds a key)" : question.userAgent,
        });
      }
      return admission;
    } catch (error) {
      if (allowanceUsedUp(error) === "objects") {
        record({ event: "allowance_used_up", of: "objects" });
        return "used up";
      }
      // An object restarts on every deploy. Asking again is safe, because the same lease is granted once. It is not safe if the
      // client has left: the object that was told to take the lease back may be the one that died.
      if (attempt < TRIES && !http.signal.aborted) continue;
      record({ event: "gate_unreachable", key: keyId, error });
      return "no answer";
    }
  }
}

async function cancel(call: Call, keyId: string): Promise<void> {
  try {
    await again(CANCEL_PAUSES_MS, () => call.env.GATE.getByName(keyId).cancel(keyId, call.id));
  } catch (error) {
    record({ event: "lease_not_given_back", request: call.id, error });
  }
}
