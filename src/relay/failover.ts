/**
 * From a ranked list of accounts to one answer: tries them in order until one answers, and only before the first byte
 * has gone to the client. What a fault means is decided in providers/faults.ts, what follows from it for the account
 * in pool/health.ts; this file only walks.
 */
import type { Candidate } from "../pool/choose.ts";
import { type AccountLease, leaseAccount } from "../pool/lease.ts";
import { upstreamModel } from "../pool/models.ts";
import { noteFault, noteSuccess } from "../pool/notes.ts";
import { type Fault, modelFamily } from "../providers/faults.ts";
import type { Attempt } from "../store/schema.ts";
import type { Account, Pool } from "../store/snapshot.ts";
import type { Ask } from "./ask.ts";
import type { Call } from "./call.ts";
import { type Sent, send } from "./send.ts";
import { faultOf } from "./verdict.ts";

/** What the pool gave. The lease, where there is one, must be released by whoever settles. */
export interface Reached {
  sent: Sent;
  /** Why `sent` is not the answer the client wanted; null for an answer. */
  fault: Fault | null;
  lease: AccountLease | null;
  /** The account and the key of it that `sent` came from. */
  account: Account;
  keyId: string;
  attempts: Attempt[];
}

/** A fourth account rarely knows better, and the client has waited for three. */
const MAX_ACCOUNTS = 3;
/** Keys of one account are tried as long as they are refused at once; this bounds a list of dead ones. */
const MAX_TRIES = 6;
/** No new try is begun after this: clients give up at about ten minutes. */
const BUDGET_MS = 5 * 60_000;

/** Tries the candidates in order. Null when none of them could be asked (all busy, or over their quota). */
export async function reach(call: Call, ask: Ask | null, pool: Pool, candidates: Candidate[]): Promise<Reached | null> {
  const attempts: Attempt[] = [];
  let last: Reached | null = null;
  let accounts = 0;
  for (const candidate of candidates) {
    if (accounts >= MAX_ACCOUNTS || attempts.length >= MAX_TRIES || Date.now() - call.startedAt > BUDGET_MS) break;
    const { account } = candidate;
    const model = ask && upstreamModel(account, ask.model);
    const family = model && modelFamily(account.platform, model);
    const counted = call.route.operation === "generate";
    const lease = await leaseAccount(call.env, account, call.id, family, candidate.probe, counted);
    if (!lease) continue;
    accounts++;
    for (const keyId of candidate.keyIds) {
      if (attempts.length >= MAX_TRIES) break;
      const key = account.apiKeys.find(({ id }) => id === keyId);
      if (!key) continue;
      const startedAt = Date.now();
      const sent = await send(call, ask, account, key.secret);
      const fault = faultOf(account.platform, model, sent, Date.now());
      const ms = Date.now() - startedAt;
      const status = statusOf(sent);
      attempts.push({ account_id: account.id, status, error: fault?.condition ?? null, ms });
      if (!fault || fault.class === "request") {
        const headers = headersOf(sent);
        if (!fault && headers) call.ctx.waitUntil(noteSuccess(call.env, pool, account.id, key.id, headers));
        return { sent, fault, lease, account, keyId: key.id, attempts };
      }
      call.ctx.waitUntil(noteFault(call.env, pool, account.id, key.id, fault));
      last = { sent, fault, lease: null, account, keyId: key.id, attempts };
      // Another key may do where only this one is refused; the account itself will not get better by asking again.
      if (fault.class !== "credential" || fault.scope === "account") break;
    }
    call.ctx.waitUntil(lease.release(0));
  }
  return last;
}

function statusOf(sent: Sent): number {
  if (sent.kind === "stream") return sent.stream.status;
  return sent.kind === "whole" ? sent.status : 0;
}

function headersOf(sent: Sent): Headers | null {
  if (sent.kind === "stream") return sent.stream.headers;
  return sent.kind === "whole" ? sent.headers : null;
}
