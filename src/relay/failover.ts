/**
 * From a ranked list of accounts to one answer: tries them in order until one answers, and only before the first byte
 * has gone to the client. providers/faults.ts decides what a fault means, and pool/health.ts what follows from it
 * for the account.
 */
import { record } from "../events.ts";
import type { Account } from "../pool/account.ts";
import type { Candidate } from "../pool/choose.ts";
import { reportFault, reportSuccess } from "../pool/health-reports.ts";
import { type AccountLease, leaseAccount } from "../pool/lease.ts";
import type { Pool } from "../pool/pool.ts";
import type { Target } from "../pool/target.ts";
import type { Fault } from "../providers/faults.ts";
import { rememberGaps } from "../store/model-gaps.ts";
import type { Attempt } from "../store/schema.ts";
import type { Call } from "./call.ts";
import { answerDeadline, SHORTEST_TRY_MS } from "./deadline.ts";
import { faultOf } from "./fault.ts";
import type { RelayRequest } from "./request.ts";
import { clientHasLeft } from "./resources.ts";
import { type Sent, STREAM_FIRST_BYTE_MS } from "./send.ts";
import { sendUnder } from "./send-under.ts";

/**
 * The result of the tries. If there is a lease, whoever settles must release it; it is in `call.resources` too.
 */
export interface Reached {
  sent: Sent;
  /** Why `sent` is not the answer the client wanted; null for an answer. */
  fault: Fault | null;
  lease: AccountLease | null;
  /** The target that `sent` came from. `keyId`: the key of its account that was used. */
  target: Target;
  keyId: string;
  attempts: Attempt[];
}

/** A fourth account rarely does better, and the client has waited for three. */
const MAX_ACCOUNTS = 3;
/** Keys of one account are tried as long as each is refused at once; this bounds a long list of revoked ones. */
const MAX_TRIES = 6;

/**
 * Tries the candidates in order. Null if none could be asked: all were busy or over their quota, or the client left before the first
 * was asked. `listNanos`: what the request is expected to cost at list price, in nano-dollars.
 */
export async function reach(
  call: Call,
  request: RelayRequest | null,
  pool: Pool,
  candidates: Candidate[],
  listNanos = 0,
): Promise<Reached | null> {
  const { resources } = call;
  const { attempts } = resources;
  const counted = call.route.operation === "generate";
  const deadline = answerDeadline(call, request?.stream ?? false);
  let last: Reached | null = null;
  let accounts = 0;
  const asked = new AskedAccounts();
  // The request itself may be what causes a bare 500, and would then close one account after another. So this fault is reported
  // only if a later account answers the request, or if no second account fails in the same way.
  const doubtful: Reached[] = [];
  const blame = (all: readonly Reached[]) => {
    for (const { sent, target, keyId, fault } of all) {
      if (counted && fault)
        call.ctx.waitUntil(
          reportFault(call.env, pool, { accountId: target.account.id, keyId }, fault, headersOf(sent)),
        );
    }
  };
  for (const candidate of candidates) {
    if (accounts >= MAX_ACCOUNTS || !mayTry(attempts, deadline) || clientHasLeft(call)) break;
    const { account, family, probe } = candidate;
    if (asked.has(candidate)) continue;
    const estimateNanos = Math.ceil((listNanos * account.costMultiplierMilli) / 1000);
    const lease = await leaseAccount(call.env, account, { id: call.id, family, probe, counted, estimateNanos });
    if (!lease) continue;
    resources.target = candidate;
    resources.lease = lease;
    const tried = await tryKeys(call, request, pool, candidate, deadline);
    // An account does not count as tried if none of its keys can be opened, or if the request cannot be put to it.
    if (tried && tried.sent.kind !== "untranslated") accounts++;
    if (tried?.sent.kind === "untranslated") {
      // The account was not asked. Another one may speak the client's own format.
      last ??= { ...tried, lease: null };
      resources.lease = null;
      resources.target = attempts.length > 0 ? last.target : null;
      call.ctx.waitUntil(lease.release(0));
      continue;
    }
    if (tried && (!tried.fault || tried.fault.class === "request")) {
      if (!tried.fault) blame(doubtful);
      return { ...tried, lease };
    }
    if (tried) asked.add(tried);
    if (tried?.fault?.condition === DOUBTFUL) doubtful.push(tried);
    last = tried ?? last;
    resources.lease = null;
    call.ctx.waitUntil(lease.release(0));
  }
  if (doubtful.length === 1) blame(doubtful);
  return last;
}

/**
 * The accounts that were asked, so that none is asked twice: one that waits for its probe is in the list as a probe and as a fallback.
 * An account that has several models of an alias is asked for the next one if it refused nothing but the first.
 */
class AskedAccounts {
  readonly #accounts = new Set<string>();

  has({ account, model }: Target): boolean {
    return this.#accounts.has(account.id) || this.#accounts.has(`${account.id} ${model}`);
  }

  add({ target: { account, model }, fault }: Reached): void {
    const ofModel = fault?.class === "credential" && fault.scope !== "account" && fault.scope !== "key";
    this.#accounts.add(ofModel ? `${account.id} ${model}` : account.id);
  }
}

/** The condition of a status 500 that says nothing about its cause (faults/table.ts). */
const DOUBTFUL = "server_error";

/** Tries the account's keys until one answers, or until a fault is not the key's. Null if none of them could be opened. */
async function tryKeys(
  call: Call,
  request: RelayRequest | null,
  pool: Pool,
  candidate: Candidate,
  deadline: number,
): Promise<Reached | null> {
  const { account, keyIds } = candidate;
  const { attempts } = call.resources;
  // Only generations tell of an account's health. A key holder may look up things that the upstream does not have as often as they
  // like, and an upstream that lists its models may still fail to generate.
  const reports = call.route.operation === "generate";
  let last: Reached | null = null;
  for (const keyId of keyIds) {
    if (!mayTry(attempts, deadline)) break;
    const startedAt = Date.now();
    call.resources.triedAt = startedAt;
    const brought = await sendUnder(call.env, keyId, { call, request, target: candidate, deadline });
    if (!brought) continue;
    if (brought.kind === "stream") call.resources.close = brought.stream.abort;
    if (brought.wasted) call.resources.wasted.push(brought.wasted);
    if (brought.kind === "untranslated") {
      return { sent: brought, fault: null, lease: null, target: candidate, keyId, attempts };
    }
    const now = Date.now();
    const sent = isHurried(account, brought, now - startedAt) ? { ...brought, transport: "hurried" as const } : brought;
    const fault = faultOf(candidate, sent, now, request?.asksForSpeed);
    attempts.push({
      account_id: account.id,
      status: statusOf(sent),
      error: fault?.condition ?? null,
      ms: now - startedAt,
    });
    last = { sent, fault, lease: null, target: candidate, keyId, attempts };
    if (!fault) remember(call, candidate, sent, now);
    const headers = headersOf(sent);
    if (reports && !fault && headers)
      call.ctx.waitUntil(reportSuccess(call.env, pool, { accountId: account.id, keyId }, headers));
    if (!fault || fault.class === "request") return last;
    if (reports && fault.condition !== DOUBTFUL)
      call.ctx.waitUntil(reportFault(call.env, pool, { accountId: account.id, keyId }, fault, headers));
    // Another key helps only against a fault of this key; a fault of the account does not go away by asking again.
    if (fault.class === "upstream" || fault.scope === "account") return last;
  }
  return last;
}

/** Remembers the parameter that the upstream refused before it answered without it; the next request leaves it out at once. */
function remember({ env, ctx }: Call, { account, model }: Target, sent: Sent, now: number): void {
  const lacks = sent.kind === "stream" || sent.kind === "whole" ? sent.lacks : undefined;
  if (!lacks) return;
  const written = rememberGaps(env, { accountId: account.id, model }, [lacks], now);
  ctx.waitUntil(written.catch((error) => record({ event: "model_gap_unwritten", account: account.id, error })));
}

/** Whether a try ran out of time before it had the time that its upstream is normally given. */
function isHurried(account: Account, sent: Sent, ms: number): sent is Extract<Sent, { kind: "failed" }> {
  const fairMs = account.firstByteTimeoutMs ?? STREAM_FIRST_BYTE_MS;
  return sent.kind === "failed" && sent.transport === "timeout" && ms < fairMs - CLOCK_SLACK_MS;
}

/** By the clock, a timer may fire a little early. */
const CLOCK_SLACK_MS = 50;

/** Whether another try may begin, if the answer must begin by `deadline` (milliseconds since the epoch). The first try always may. */
function mayTry(attempts: readonly Attempt[], deadline: number): boolean {
  return attempts.length === 0 || (attempts.length < MAX_TRIES && deadline - Date.now() >= SHORTEST_TRY_MS);
}

function statusOf(sent: Sent): number {
  if (sent.kind === "stream") return sent.stream.status;
  return sent.kind === "whole" ? sent.status : 0;
}

function headersOf(sent: Sent): Headers | null {
  if (sent.kind === "stream") return sent.stream.headers;
  return sent.kind === "whole" ? sent.headers : null;
}
