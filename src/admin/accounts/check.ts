/**
 * Checking an account: what is checked, and the results in the API's words. The check itself is `../../account-check/run.ts`. It is
 * audited, because it costs money and changes what is held against the account.
 */
import { modelForCheck } from "../../account-check/request.ts";
import { type CheckEvent, type KeyOutcome, runCheck } from "../../account-check/run.ts";
import { EMPTY_POOL } from "../../pool/pool.ts";
import { forgetSnapshot, loadPool } from "../../store/snapshot.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { invalid } from "../api/refusal.ts";
import { auditAct } from "../audit/record.ts";
import { oneAccount } from "./choice.ts";
import { hintsOf } from "./credentials.ts";
import type { AccountCheckView, CheckUnsavedAccount, KeyCheckView } from "./schema.ts";
import { unsavedAccount } from "./unsaved.ts";

/** An invocation of a free Worker may send 50 requests to other hosts. */
const MOST_KEYS = 20;

/** A check that is about to begin. */
export interface PreparedCheck {
  model: string;
  /** How many keys there are beyond those that one call checks. */
  leftOut: number;
  /** Begins the check. The caller must read the events to their end, or return the generator. */
  run: (signal: AbortSignal) => AsyncGenerator<CheckEvent>;
}

/** `key`: its place in `api_keys`, from 0; without it, all of them. */
export async function prepareCheck(
  context: VerbContext,
  id: string,
  { model, key }: { model?: string | undefined; key?: number | undefined },
): Promise<VerbResult<PreparedCheck>> {
  const { env, now } = context;
  // A change that was made elsewhere a second ago must be checked too.
  forgetSnapshot();
  const [pool, hints] = await Promise.all([loadPool(env, now), hintsOf(env, oneAccount(id))]);
  const account = pool.accounts.find((one) => one.id === id);
  if (!account) return { ok: false, refusal: { reason: "not_found", message: "There is no such account" } };
  if (key !== undefined && key >= hints.length) {
    return { ok: false, refusal: invalid({ field: "key", message: `the account has ${hints.length} keys, from 0` }) };
  }
  const all = hints.map((key) => ({ position: key.position, hint: `…${key.hint}`, id: key.id }));
  const keys = all.filter(({ position }) => key === undefined || position === key).slice(0, MOST_KEYS);
  const order = { account, keys, model: model ?? modelForCheck(account) };
  const detail = { name: account.name, model: order.model, keys: keys.length };
  await auditAct(context, { action: "account.test", target: id, detail });
  return {
    ok: true,
    value: {
      model: order.model,
      leftOut: key === undefined ? all.length - keys.length : 0,
      run: (signal) => runCheck(env, pool, order, signal),
    },
  };
}

/** The same for an account that is not saved yet. Only that it was checked is recorded. */
export async function prepareUnsavedCheck(
  context: VerbContext,
  { model, ...input }: CheckUnsavedAccount,
): Promise<VerbResult<PreparedCheck>> {
  const { env } = context;
  const made = await unsavedAccount(context, input);
  if (!made.ok) return made;
  const { account, keys } = made.value;
  const order = {
    account,
    keys: keys.slice(0, MOST_KEYS),
    model: model ?? modelForCheck(account),
    unsaved: true as const,
  };
  const detail = { host: new URL(account.baseUrl).host, model: order.model, keys: order.keys.length };
  await auditAct(context, { action: "account.test", target: "unsaved", detail });
  const run = (signal: AbortSignal) => runCheck(env, { ...EMPTY_POOL, health: new Map() }, order, signal);
  return { ok: true, value: { model: order.model, leftOut: keys.length - order.keys.length, run } };
}

/** The whole check as one answer. `id` null: the account is not saved. */
export async function wholeCheck(
  id: string | null,
  { model, leftOut, run }: PreparedCheck,
  signal: AbortSignal,
): Promise<VerbResult<AccountCheckView>> {
  const results: KeyCheckView[] = [];
  for await (const event of run(signal)) if (event.type === "diagnosis") results.push(outcomeView(event.outcome));
  const ok = results.every((result) => result.ok);
  return { ok: true, value: { account_id: id, model, ok, tested: results.length, left_out: leftOut, results } };
}

export function outcomeView(outcome: KeyOutcome): KeyCheckView {
  return {
    key: outcome.key,
    ok: outcome.ok,
    condition: outcome.condition,
    class: outcome.class,
    diagnosis: outcome.diagnosis,
    status: outcome.status,
    until: outcome.until === null ? null : new Date(outcome.until).toISOString(),
    upstream_message: outcome.upstreamMessage,
    model_reported: outcome.modelReported,
    text: outcome.text,
    ttft_ms: outcome.ttftMs,
    total_ms: outcome.totalMs,
    input_tokens: outcome.inputTokens,
    output_tokens: outcome.outputTokens,
  };
}
