/**
 * Requests that use nothing up: token counts, model lists, a stored response. The key's rules and expiry hold; nothing
 * is counted or booked.
 */
import type { Admission } from "../gate/rpc.ts";
import { parse } from "../ground/json.ts";
import { OPEN_POLICY } from "../keys/policy.ts";
import type { Choice } from "../pool/choose.ts";
import type { Pool } from "../pool/pool.ts";
import { estimateTokens } from "../protocols/estimate.ts";
import { WIRE } from "../protocols/wire.ts";
import { loadPrices } from "../store/prices.ts";
import type { Aliases } from "../vocabulary.ts";
import { admitPlanned } from "./admit.ts";
import { refused, refusedUnasked } from "./answer.ts";
import { authenticate } from "./authenticate.ts";
import { settleFetched } from "./background.ts";
import { holdFor } from "./body-hold.ts";
import type { Call } from "./call.ts";
import { answerDeadline } from "./deadline.ts";
import { deliver } from "./deliver.ts";
import { type Reached, reach } from "./failover.ts";
import { faultOf } from "./fault.ts";
import { type ListContext, listModels, showModel } from "./list-models.ts";
import { choiceOf, type Plan, planOf } from "./plan.ts";
import { poolOf, rank } from "./relay.ts";
import { type RelayRequest, readRequest } from "./request.ts";
import { sendUnder } from "./send-under.ts";
import { nothingToBook, ownAnswer, passThrough } from "./unbooked.ts";
import { unmeteredRate } from "./unmetered-rate.ts";

/** Answers one request to a route that uses nothing up. */
export async function unmetered(call: Call): Promise<Response> {
  const key = await authenticate(call.http, call.url, call.env);
  if (!key.ok) return refused(call, key.refusal);
  const rate = await unmeteredRate(call, key.value);
  if (!rate.ok) return refusedUnasked(call, key.value, rate.refusal);
  call.resources.body = holdFor(key.value);
  const request = call.http.method === "GET" ? null : await readRequest(call, call.resources.body);
  if (request && !request.ok) return refusedUnasked(call, key.value, request.refusal);
  const pool = await poolOf(call);
  const asked = request?.value ?? null;
  const planned = await admitPlanned(call, key.value, (own) => unmeteredPlan(call, asked, pool, own));
  if (!planned.ok) return refused(call, planned.refusal);
  const { plan, admission } = planned.value;

  const { allowedModels, deniedModels, modelAliases } = admission;
  const policy = { ...OPEN_POLICY, allowedModels, deniedModels, modelAliases };
  const context = { call, choice: choiceOf(plan, admission), policy };
  if (asked) return countTokens(context, asked);
  if (/\/models$/.test(call.route.upstreamPath)) return listModels(context);
  if (/\/models\//.test(call.route.upstreamPath)) return showModel(context);
  return storedResponse(context, key.value, admission);
}

/** A stored response, from the account that has it. If it was made in the background, it is booked once its end is seen. */
async function storedResponse(context: ListContext, keyId: string, admission: Admission): Promise<Response> {
  const { call, choice } = context;
  const reached = await reach(call, null, choice.pool, rank(choice));
  if (!reached) return passThrough(call, choice, null);
  const prices = await loadPrices(call.env, call.startedAt);
  return deliver(call, choice, reached, async (ending) => {
    await reached.lease?.release(0);
    await settleFetched(call.env, keyId, admission.costMultiplierMilli, prices, ending);
  });
}

/** Plans for the model itself alone: other models that may answer a part of a real request play no role here. */
function unmeteredPlan(call: Call, request: RelayRequest | null, pool: Pool, own: Aliases): Plan {
  return planOf(call, request && { ...request, otherModels: [] }, pool, own);
}

/** With more tries, a client would wait longer for a count than for an answer. */
const MAX_COUNT_TRIES = 3;
/** How an upstream says that it has no such route. Many compatible services count nothing. */
const MISSING = [404, 405, 501];
/** A larger body is not parsed: one that is made for it takes ten times its bytes of the memory that all requests share. */
const LARGEST_ESTIMATED = 1_000_000;

/** The upstream's own count; an estimate if it has none, or if no account can be asked. */
async function countTokens({ call, choice }: ListContext, request: RelayRequest): Promise<Response> {
  const reached = await reachCount(call, request, choice);
  if (reached && !lacksCounter(reached)) return deliver(call, choice, reached, nothingToBook(reached));
  const { body, demands } = request;
  const tokens =
    body.length > LARGEST_ESTIMATED ? demands.inputTokens : estimateTokens(parse(new TextDecoder().decode(body)));
  return ownAnswer(call, WIRE[call.route.protocol].countAnswer(tokens), { "x-edge-relay-estimated": "true" });
}

/**
 * Whether the upstream has no such route. Any fault of an upstream that speaks another format counts as that: it does not complain of
 * what the client has written.
 */
function lacksCounter({ sent, fault, target }: Reached): boolean {
  const status = sent.kind === "whole" ? sent.status : 0;
  if (!target.lane.translates) return MISSING.includes(status);
  if (fault !== null || sent.kind !== "whole") return sent.kind !== "client_left";
  return sent.answer.whole(status, sent.body).status !== undefined;
}

/**
 * Counts do not go through `reach`, and their faults are not reported, because they say nothing about generations. The route may be
 * missing, which must not open a breaker, and at Anthropic it has rate limits of its own, which must not put an account into cooldown.
 */
async function reachCount(call: Call, request: RelayRequest, choice: Choice): Promise<Reached | null> {
  const tries = rank(choice)
    // A fixed URL is that of a generation: asked for a count it would generate, and nobody would be charged.
    .filter(({ account }) => !account.kind.baseUrl.isExact(account.baseUrl))
    .flatMap((target) => target.keyIds.map((keyId) => ({ target, keyId })));
  let last: Reached | null = null;
  for (const { target, keyId } of tries.slice(0, MAX_COUNT_TRIES)) {
    const sent = await sendUnder(call.env, keyId, { call, request, target, deadline: answerDeadline(call, false) });
    if (!sent) continue;
    const fault = faultOf(target, sent, Date.now());
    if (sent.kind === "untranslated") continue;
    last = { sent, fault, lease: null, target, keyId, attempts: [] };
    if (!fault || fault.class === "request" || MISSING.includes(fault.status)) return last;
  }
  return last;
}
