/**
 * The relay: takes one request from the client's key to the client's last byte, one line per step. A refusal is answered in the
 * client's own format, wherever it arises. Whatever was admitted is settled: by the last step, or, if a step throws, by the door
 * (src/worker.ts), which finds in `call.resources` what it must release.
 */
import { record } from "../events.ts";
import { inFlightOf, lastChosenOf } from "../pool/activity.ts";
import { type Candidate, type Choice, rankTargets } from "../pool/choose.ts";
import { EMPTY_POOL, type Pool } from "../pool/pool.ts";
import { loadPrices } from "../store/prices.ts";
import { loadPool } from "../store/snapshot.ts";
import { admitPlanned } from "./admit.ts";
import { refused, refusedUnasked, withLimits } from "./answer.ts";
import { authenticate } from "./authenticate.ts";
import { holdFor } from "./body-hold.ts";
import type { Call } from "./call.ts";
import { clientLeftResponse, deliver, noAccountResponse } from "./deliver.ts";
import { reach } from "./failover.ts";
import { choiceOf, pricedPlan } from "./plan.ts";
import { readRequest } from "./request.ts";
import { clientHasLeft } from "./resources.ts";
import { settlementOf } from "./settle.ts";

const NO_BODY = new Uint8Array();

/** Answers one request to a route that generates: limited, metered, logged. */
export async function relay(call: Call): Promise<Response> {
  const key = await authenticate(call.http, call.url, call.env);
  if (!key.ok) return refused(call, key.refusal);
  call.resources.body = holdFor(key.value);
  const request = await readRequest(call, call.resources.body);
  if (!request.ok) return refusedUnasked(call, key.value, request.refusal);
  // Admission waits for the pool, even if it is not in memory yet: what a request can cost depends on who may serve it.
  const [prices, pool] = await Promise.all([loadPrices(call.env, call.startedAt), poolOf(call)]);
  const planned = await admitPlanned(call, key.value, (own) => pricedPlan(call, request.value, pool, prices, own));
  if (!planned.ok) return refused(call, planned.refusal);
  const { plan, admission } = planned.value;

  const settle = settlementOf(call, key.value, request.value, prices, admission);
  call.resources.settle = settle;
  call.resources.renew = () => call.env.GATE.getByName(key.value).renew(key.value, call.id);
  const choice = choiceOf(plan, admission);
  const reached = await reach(call, request.value, pool, rank(choice), plan.estimate.costNanos);
  // From here on nothing is sent again, so the body can go: a stream may run for an hour, and the isolate has 128 MB for all streams.
  request.value.body = NO_BODY;
  request.value.json = () => null;
  request.value.envelope = null;
  if (!reached) return clientHasLeft(call) ? clientLeftResponse(call, settle) : noAccountResponse(call, choice, settle);
  return withLimits(call, deliver(call, choice, reached, settle), admission.allowances);
}

/** Ranks the targets of a request, best first, by what this isolate remembers of their accounts. */
export function rank(choice: Choice): Candidate[] {
  return rankTargets(choice, { inFlightOf, lastChosenOf }, Date.now(), Math.random);
}

/** The accounts. `EMPTY_POOL` if D1 does not answer and this isolate remembers none; the client then gets `accounts_unavailable`. */
export async function poolOf(call: Call): Promise<Pool> {
  try {
    return await loadPool(call.env, call.startedAt);
  } catch (error) {
    record({ event: "accounts_unreadable", error });
    return EMPTY_POOL;
  }
}
