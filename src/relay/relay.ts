/**
 * The relay: one request from the client's key to the client's last byte, one line per step. A refusal is answered
 * in the client's own format wherever it arises. Whatever was admitted is settled: by the last step, or where a step
 * throws, by the door (src/worker.ts), which finds in `call.resources` what is to be given back.
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
  // The pool comes first, also where nothing is remembered yet: what a request can cost depends on who may serve it.
  const [prices, pool] = await Promise.all([loadPrices(call.env, call.startedAt), poolOf(call)]);
  const planned = await admitPlanned(call, key.value, (own) => pricedPlan(call, request.value, pool, prices, own));
  if (!planned.ok) return refused(call, planned.refusal);
  const { plan, admission } = planned.value;

  const settle = settlementOf(call, key.value, request.value, prices, admission);
  call.resources.settle = settle;
  call.resources.renew = () => call.env.GATE.getByName(key.value).renew(key.value, call.id);
  const choice = choiceOf(plan, admission);
  const reached = await reach(call, request.value, pool, rank(choice), plan.estimate.costNanos);
  // Nothing is sent again from here on, and a stream may go on for an hour: its isolate has 128 MB for all of them.
  request.value.body = NO_BODY;
  request.value.json = () => null;
  request.value.envelope = null;
  if (!reached) return clientHasLeft(call) ? clientLeftResponse(call, settle) : noAccountResponse(call, choice, settle);
  return withLimits(call, deliver(call, choice, reached, settle), admission.allowances);
}

/** The targets of a request, best first, by what this isolate remembers of their accounts. */
export function rank(choice: Choice): Candidate[] {
  return rankTargets(choice, { inFlightOf, lastChosenOf }, Date.now(), Math.random);
}

/** No accounts where D1 does not answer and nothing is remembered: the client is told that none can serve. */
export async function poolOf(call: Call): Promise<Pool> {
  try {
    return await loadPool(call.env, call.startedAt);
  } catch (error) {
    record({ event: "accounts_unreadable", error });
    return EMPTY_POOL;
  }
}
