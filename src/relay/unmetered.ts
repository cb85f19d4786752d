/**
 * Requests that use nothing up: token counts, model lists, a stored response. The key's rules and expiry hold; nothing
 * is counted or booked.
 */
import type { Admission } from "../gate/rpc.ts";
import { modelAllowed } from "../gate/rules.ts";
import { parse } from "../ground/json.ts";
import { type KeyPolicy, OPEN_POLICY } from "../keys/policy.ts";
import { type Choice, eligibleTargets, platformsOf } from "../pool/choose.ts";
import { servesModel } from "../pool/models.ts";
import { openKey } from "../pool/open-key.ts";
import { type TargetCriteria, targetsOf } from "../pool/target.ts";
import { estimateTokens } from "../protocols/estimate.ts";
import { WIRE } from "../protocols/wire.ts";
import { loadPrices } from "../store/prices.ts";
import { admit } from "./admit.ts";
import { refused } from "./answer.ts";
import { authenticate } from "./authenticate.ts";
import { settleFetched } from "./background.ts";
import { holdFor } from "./body-hold.ts";
import type { Call } from "./call.ts";
import { targetCriteriaOf } from "./criteria.ts";
import { answerDeadline } from "./deadline.ts";
import { deliver, noAccountResponse } from "./deliver.ts";
import { type Reached, reach } from "./failover.ts";
import { faultOf } from "./fault.ts";
import { modelList, namedModels } from "./models.ts";
import { poolOf, rank } from "./relay.ts";
import { type RelayRequest, readRequest } from "./request.ts";
import { send } from "./send.ts";
import { unmeteredRate } from "./unmetered-rate.ts";
import { listed } from "./upstream-lists.ts";

/** What one such request is answered from. */
interface Unmetered {
  call: Call;
  choice: Choice;
  /** The key's model rules. */
  policy: KeyPolicy;
}

/** Answers one request to a route that uses nothing up. */
export async function unmetered(call: Call): Promise<Response> {
  const key = await authenticate(call.http, call.url, call.env.KEY_SECRET);
  if (!key.ok) return refused(call, key.refusal);
  const rate = await unmeteredRate(call, key.value);
  if (!rate.ok) return refused(call, rate.refusal);
  call.resources.body = holdFor(key.value);
  const request = call.http.method === "GET" ? null : await readRequest(call, call.resources.body);
  if (request && !request.ok) return refused(call, request.refusal);
  const asking = await askingOf(call, request?.value ?? null);
  const admission = await admit(call, key.value, {
    ...(request && { request: request.value }),
    platforms: platformsOf(asking.pool, asking.targets, asking.criteria),
  });
  if (!admission.ok) return refused(call, admission.refusal);

  const context = contextOf(call, asking, admission.value, request?.value ?? null);
  if (request) return countTokens(context, request.value);
  if (/\/models$/.test(call.route.upstreamPath)) return listModels(context);
  if (/\/models\//.test(call.route.upstreamPath)) return showModel(context);
  return storedResponse(context, key.value, admission.value);
}

/** A stored response, from the account that has it. One that was made in the background is booked when its end is seen. */
async function storedResponse(context: Unmetered, keyId: string, admission: Admission): Promise<Response> {
  const { call, choice } = context;
  const reached = await reach(call, null, choice.pool, rank(choice));
  if (!reached) return passThrough(context, null);
  const prices = await loadPrices(call.env, call.startedAt);
  return deliver(call, choice, reached, async (ending) => {
    await reached.lease?.release(0);
    await settleFetched(call.env, keyId, admission.costMultiplierMilli, prices, ending);
  });
}

/** Who could serve the request, before it is known what its key may use. */
interface Asking extends Pick<Choice, "pool" | "targets"> {
  criteria: TargetCriteria;
}

async function askingOf(call: Call, request: RelayRequest | null): Promise<Asking> {
  const pool = await poolOf(call);
  // Only the model itself counts, whichever other models may answer a part.
  const criteria = { ...targetCriteriaOf(call, request), otherModels: [] };
  return { pool, targets: targetsOf(pool.accounts, criteria), criteria };
}

function contextOf(
  call: Call,
  { pool, targets, criteria }: Asking,
  admission: Admission,
  request: RelayRequest | null,
): Unmetered {
  const { allowedModels, deniedModels } = admission;
  const choice = { pool, targets, criteria: { ...criteria, session: request?.session ?? null, ...admission } };
  return { call, choice, policy: { ...OPEN_POLICY, allowedModels, deniedModels } };
}

/** With more tries a client would wait longer for a count than for an answer. */
const MAX_COUNT_TRIES = 3;
/** How an upstream says that it has no such route. Many compatible services count nothing. */
const MISSING = [404, 405, 501];
/** A larger body is not parsed: as JSON made for it, it would take ten times its bytes of what all requests share. */
const LARGEST_ESTIMATED = 1_000_000;

/** The upstream's own count; an estimate where it has none, or no account can be asked. */
async function countTokens({ call, choice }: Unmetered, request: RelayRequest): Promise<Response> {
  const reached = await reachCount(call, request, choice);
  const missing = reached?.sent.kind === "whole" && MISSING.includes(reached.sent.status);
  if (reached && !missing) return deliver(call, choice, reached, nothingToBook(reached));
  const { body, demands } = request;
  const tokens =
    body.length > LARGEST_ESTIMATED ? demands.inputTokens : estimateTokens(parse(new TextDecoder().decode(body)));
  return answer(call, WIRE[call.route.protocol].countAnswer(tokens), { "x-edge-relay-estimated": "true" });
}

/**
 * Tries of its own: the faults of a count say nothing about generations. Its route may be missing, which must not open a
 * breaker, and at Anthropic it has rate limits of its own, which must not put an account into cooldown. So nothing is reported.
 */
async function reachCount(call: Call, request: RelayRequest, choice: Choice): Promise<Reached | null> {
  const tries = rank(choice)
    // A fixed URL is that of a generation: asked for a count, it would generate, and nobody would pay.
    .filter(({ account }) => !account.kind.baseUrl.isExact(account.baseUrl))
    .flatMap((target) => target.keyIds.map((keyId) => ({ target, keyId })));
  let last: Reached | null = null;
  for (const { target, keyId } of tries.slice(0, MAX_COUNT_TRIES)) {
    const credential = await openKey(call.env, target.account, keyId);
    if (!credential) continue;
    const sent = await send(call, request, target, credential, answerDeadline(call, false));
    const fault = faultOf(target, sent, Date.now());
    last = { sent, fault, lease: null, target, keyId, attempts: [] };
    if (!fault || fault.class === "request" || MISSING.includes(fault.status)) return last;
  }
  return last;
}

/**
 * The models that the key can use: those that its accounts name, and of accounts that name none, what one of their
 * upstreams lists. Where no rule narrows that, the upstream's answer passes as it is, except in a format whose clients want
 * more than the API says.
 */
async function listModels(context: Unmetered): Promise<Response> {
  const { call, choice, policy } = context;
  const { models } = WIRE[call.route.protocol];
  const instead = models.insteadOfList?.(call.url.searchParams);
  if (instead) return answer(call, instead);
  const accounts = eligibleTargets(choice, Date.now()).map(({ account }) => account);
  if (accounts.length === 0) return passThrough(context, null);
  const named = accounts.flatMap(namedModels);
  const unnamed = accounts.filter((account) => namedModels(account).length === 0);
  const candidates = rank(choice).filter(({ account }) => unnamed.includes(account));
  const found = await listed(call, choice.pool, candidates, unnamed);
  if (found?.kind === "failed" && named.length === 0) return passThrough(context, found.reached);

  const narrowed = policy.allowedModels.length > 0 || policy.deniedModels.length > 0;
  const open = named.length === 0 && !narrowed && unnamed.every(({ allowedModels }) => allowedModels.length === 0);
  const upstream = found?.kind === "list" ? found.value : null;
  if (upstream && open && !models.completed) return passThrough(context, upstream.reached);

  const keeps = (id: string) => modelAllowed(policy, id) && accounts.some((account) => servesModel(account, id));
  const firstPage = !models.CURSORS.some((name) => call.url.searchParams.has(name));
  const names = upstream === null || firstPage ? named.filter((name) => modelAllowed(policy, name)) : [];
  return answer(call, modelList(models, upstream?.list ?? null, keeps, names));
}

/** One model: the upstream's own words for it; ours where an account has it under another name, or names it alone. */
async function showModel(context: Unmetered): Promise<Response> {
  const { call, choice, policy } = context;
  const { model } = choice.criteria;
  if (!modelAllowed(policy, model)) return refused(call, { reason: "model_denied", model });
  const targets = eligibleTargets(choice, Date.now());
  const ours = () => answer(call, WIRE[call.route.protocol].models.entryOf(model));
  if (targets.some((target) => target.model !== model)) return ours();
  const reached = await reach(call, null, choice.pool, rank(choice));
  const answered = reached !== null && !reached.fault && reached.sent.kind !== "failed";
  const named = targets.some(({ account }) => namedModels(account).includes(model));
  if (answered || !named) return passThrough(context, reached);
  release(call, reached);
  return ours();
}

function passThrough({ call, choice }: Unmetered, reached: Reached | null): Response {
  if (!reached) return noAccountResponse(call, choice, nothingToBook(null));
  return deliver(call, choice, reached, nothingToBook(reached));
}

/** Lets go of what is not handed on to the client. */
function release(call: Call, reached: Reached | null): void {
  if (reached?.sent.kind === "stream") reached.sent.stream.abort();
  if (reached?.lease) call.ctx.waitUntil(reached.lease.release(0));
}

function nothingToBook(reached: Reached | null): () => Promise<void> {
  return async () => reached?.lease?.release(0);
}

function answer(call: Call, body: object, headers: Record<string, string> = {}): Response {
  return Response.json(body, { headers: { "x-request-id": call.id, "cache-control": "no-store", ...headers } });
}
