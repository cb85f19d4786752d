/**
 * Decides by rules, expiry and limits whether a request is admitted, and makes the gate's answer to its Worker. Pure. Leases whose
 * time is over still count here; the gate books them before it asks.
 */
import type { Clock } from "../ground/calendar.ts";
import type { KeyPolicy } from "../keys/policy.ts";
import { chainFor } from "../pool/aliases.ts";
import type { Refusal } from "../refusal.ts";
import type { AliasTarget, Result } from "../vocabulary.ts";
import * as limits from "./limits.ts";
import { accountOfResponse } from "./responses.ts";
import type { Admission, AdmitInput, Explained } from "./rpc.ts";
import { permitted, ruleRefusal } from "./rules.ts";
import { accountOfSession } from "./sessions.ts";
import type { GateState } from "./state.ts";
import { truncated } from "./truncate.ts";

/** The admission and the limits with its lease, or the refusal. */
export function decide(
  state: GateState,
  input: AdmitInput,
  clock: Clock,
): Result<{ admission: Admission; limits: limits.LimitState }, Refusal> {
  const { policy } = state;
  const { now } = clock;
  if (!policy) return { ok: false, refusal: { reason: "key_unknown" } };
  // The Worker worked out who could serve it, and at what price, with other aliases than the key has.
  const { modelAliases = {} } = policy;
  const keyChain = input.model === null ? null : chainFor(modelAliases, input.model);
  if (!sameChain(keyChain, input.keyChain ?? null)) {
    return { ok: false, refusal: { reason: "aliases_differ", aliases: modelAliases } };
  }
  const refusal = ruleRefusal(policy, input) ?? limits.expiryRefusal(state.limits, policy, now);
  if (refusal) return { ok: false, refusal };
  let grant = 0;
  let after = state.limits;
  if (input.responseId !== null && accountOfResponse(state.responses, input.responseId) === null) {
    return {
      ok: false,
      refusal: { reason: "response_unknown", id: input.responseId.slice(0, 100), asked: !input.takesLease },
    };
  }
  if (input.takesLease) {
    const admitted = limits.admit(state.limits, policy, inputAtPrice(input, policy), clock);
    if (!admitted.ok) return admitted;
    after = admitted.value.state;
    ({ grant } = admitted.value.lease);
  }
  return { ok: true, value: { limits: after, admission: admissionOf(state, policy, input, after, grant, clock) } };
}

/**
 * What the gate would answer to a request that nobody makes: the refusal, if there is one, and in either case what the key may use.
 * Null if the key is not known. Nothing changes.
 */
export function explain(state: GateState, input: AdmitInput, clock: Clock): Explained | null {
  const { policy } = state;
  if (!policy) return null;
  const decided = decide(state, input, clock);
  return decided.ok
    ? { refusal: null, admission: decided.value.admission }
    : { refusal: decided.refusal, admission: admissionOf(state, policy, input, state.limits, 0, clock) };
}

/** What the Worker is told of the key. `after`: its limits with this request. */
function admissionOf(
  state: GateState,
  policy: KeyPolicy,
  input: AdmitInput,
  after: limits.LimitState,
  grant: number,
  clock: Clock,
): Admission {
  const { boundAccountId, boundGroupId, costMultiplierMilli, allowedModels, deniedModels, modelAliases = {} } = policy;
  const allowances = limits.allowancesOf(after, policy, clock);
  return {
    platforms: permitted(policy, input.platforms),
    boundAccountId,
    boundGroupId,
    costMultiplierMilli,
    owner: state.owner,
    stickyAccountId: accountOfSession(state.sessions, truncated(input.session), clock.now),
    responseAccountId: accountOfResponse(state.responses, input.responseId),
    allowedModels,
    deniedModels,
    modelAliases,
    grant,
    settleWithinMs: limits.settleWithin(after, policy, allowances),
    allowances,
  };
}

function sameChain(one: readonly AliasTarget[] | null, other: readonly AliasTarget[] | null): boolean {
  if (one?.length !== other?.length) return false;
  return (one ?? []).every(({ model, group }, at) => model === other?.[at]?.model && group === other[at]?.group);
}

/** The input at this key's price: what is reserved, and what is booked if the lease lapses, is what the key would pay. */
function inputAtPrice(input: AdmitInput, policy: KeyPolicy): limits.LimitInput {
  const atPrice = (nanos: number) => Math.ceil((nanos * policy.costMultiplierMilli) / 1000);
  const { leaseId, worstTokens, estimate } = input;
  const worstNanos = atPrice(input.worstNanos);
  return {
    leaseId,
    worstNanos,
    worstTokens,
    estimate: estimate && truncated({ ...estimate, costNanos: atPrice(estimate.costNanos) }),
  };
}
