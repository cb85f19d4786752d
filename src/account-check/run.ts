/**
 * A check of an account: a small real request under each of its keys, reported step by step. What it shows counts like any
 * other request's outcome. It takes a slot of `max_concurrency` (the provider counts it too), but nothing of a quota,
 * and appears in no key's usage.
 */
import { recordId } from "../ground/record-id.ts";
import type { Account } from "../pool/account.ts";
import type { TemporaryState } from "../pool/health.ts";
import { reportFault } from "../pool/health-reports.ts";
import { leaseAccount } from "../pool/lease.ts";
import { openKey } from "../pool/open-key.ts";
import type { Pool } from "../pool/pool.ts";
import { targetOf } from "../pool/target.ts";
import type { Fault } from "../providers/faults.ts";
import { type Credential, secretsIn } from "../providers/kind.ts";
import { type Sent, send } from "../relay/send.ts";
import { connectionCauseOn } from "./connection-cause.ts";
import { faultDiagnosis, passedDiagnosis, signInDiagnosis, type Unsent, unsentDiagnosis } from "./diagnosis.ts";
import { type CheckAnswer, readAnswer } from "./read-answer.ts";
import { reportPassedCheck, reportTest } from "./report.ts";
import { requestOfCheck } from "./request.ts";

/** A key to be checked, and how it is shown: its place among the account's keys from 0, and its last characters. */
export interface CheckedKey {
  position: number;
  hint: string;
  id: string;
}

/** What a check of one key has shown. Times are in milliseconds. */
export interface KeyOutcome {
  key: { position: number; hint: string };
  ok: boolean;
  /** The fault table's name for what is wrong, and whose fault it is; null where nothing is. */
  condition: string | null;
  class: Fault["class"] | null;
  /** For people. */
  diagnosis: string;
  /** 0 where there was no response. */
  status: number;
  /** When a limit ends, as far as the provider says. */
  until: number | null;
  /** The upstream's own error message. */
  upstreamMessage: string | null;
  modelReported: string | null;
  text: string;
  ttftMs: number | null;
  totalMs: number;
  inputTokens: number;
  outputTokens: number;
}

export type CheckEvent =
  | { type: "step"; key: KeyOutcome["key"]; message: string }
  | { type: "text"; key: KeyOutcome["key"]; text: string }
  | { type: "diagnosis"; outcome: KeyOutcome };

/** A check is not worth waiting for as long as a model may think. */
const LONGEST_FIRST_BYTE_MS = 30_000;
/** Enough of an error message to know what is meant. */
const MESSAGE_LENGTH = 500;

export interface CheckOrder {
  account: Account;
  keys: readonly CheckedKey[];
  /** As a client would ask for it; the account's mapping applies. */
  model: string;
  /** It is nowhere yet, so nothing that shows is noted of it. */
  unsaved?: true;
}

/**
 * Checks the keys in turn, one diagnosis each, and notes with the account what that has shown. Ends early when `signal`
 * aborts. Whoever begins it must take it to its end or call `return`, so that the account's slot comes free.
 */
export async function* runCheck(
  env: Env,
  pool: Pool,
  order: CheckOrder,
  signal: AbortSignal,
): AsyncGenerator<CheckEvent> {
  const outcomes: KeyOutcome[] = [];
  for await (const event of checkKeys(env, pool, order, signal)) {
    if (event.type === "diagnosis") outcomes.push(event.outcome);
    yield event;
  }
  // A key that nobody could ask, since all places were taken, was not checked.
  const checked = outcomes.filter(({ ok, condition }) => ok || condition !== "busy");
  if (checked.length > 0 && !signal.aborted && !order.unsaved) {
    const failed = checked.find(({ ok }) => !ok);
    const test = { at: Date.now(), ok: !failed, condition: failed?.condition ?? null };
    await reportTest(env, pool, order.account.id, test);
  }
}

async function* checkKeys(
  env: Env,
  pool: Pool,
  { account, keys, model, unsaved }: CheckOrder,
  signal: AbortSignal,
): AsyncGenerator<CheckEvent> {
  for (const key of keys) {
    if (signal.aborted) return;
    const credential = await openKey(env, account, key.id);
    if (!credential) {
      // A key that does not open is none of the account's any more.
      const opens = account.apiKeys.some(({ id }) => id === key.id);
      const unread = opens ? "access_token_unavailable" : "key_unreadable";
      const condition = account.kind.oauth ? "sign_in_unavailable" : unread;
      yield { type: "diagnosis", outcome: unsentOutcome(key, condition) };
      continue;
    }
    // Its clients are not the relay, which does not pass for one of them.
    if (account.kind.serves && credential.type === "oauth") {
      const diagnosis = signInDiagnosis(account.kind.serves, credential.expiresAt);
      yield { type: "diagnosis", outcome: { ...unsentOutcome(key, "busy"), ok: true, condition: null, diagnosis } };
      continue;
    }
    const lease = await leaseForCheck(env, account);
    if (!lease) {
      yield { type: "diagnosis", outcome: unsentOutcome(key, "busy") };
      continue;
    }
    try {
      yield* checkKey(env, pool, { account, key, credential, model, noted: !unsaved }, signal);
    } finally {
      await lease.release(0);
    }
  }
}

function leaseForCheck(env: Env, account: Account) {
  // Somebody who checks an account wants to know whether it works, also when its budget is spent.
  const unbudgeted = { ...account, dailyQuotaNanos: null };
  return leaseAccount(env, unbudgeted, {
    id: recordId("tst", Date.now()),
    family: null,
    probe: false,
    counted: true,
    estimateNanos: 0,
  });
}

interface KeyCheck {
  account: Account;
  key: CheckedKey;
  credential: Credential;
  model: string;
  noted: boolean;
}

async function* checkKey(
  env: Env,
  pool: Pool,
  { account, key: { id, position, hint }, credential, model, noted }: KeyCheck,
  signal: AbortSignal,
): AsyncGenerator<CheckEvent> {
  const key = { position, hint };
  const startedAt = Date.now();
  const { sending, request } = await requestOfCheck(account, model, signal, startedAt);
  const target = targetOf(account, model, sending.route.protocol);
  const sentModel = target.model;
  yield { type: "step", key, message: `Asking ${askedOf(account)} for ${sentModel} with key ${hint}` };
  const sent = await withConnectionCause(
    env,
    account,
    await send(env, { call: sending, request, target, credential, deadline: startedAt + LONGEST_FIRST_BYTE_MS }),
  );
  let text = "";
  let answer: CheckAnswer;
  try {
    if (sent.kind === "stream") {
      yield { type: "step", key, message: `It began to answer after ${sent.stream.ttftMs} ms` };
    }
    const reading = readAnswer(target, sent, signal);
    let piece = await reading.next();
    for (; !piece.done; piece = await reading.next()) {
      text += piece.value;
      if (piece.value !== "") yield { type: "text", key, text: piece.value };
    }
    answer = piece.value;
  } finally {
    // Left in the middle, the connection to the upstream must not stay open.
    if (sent.kind === "stream") sent.stream.abort();
  }
  if (!answer.ok && answer.fault === null) return;
  const totalMs = Date.now() - startedAt;
  if (answer.ok) {
    const remaining = noted ? await reportPassedCheck(env, pool, target, id, answer.headers) : [];
    yield { type: "diagnosis", outcome: passedOutcome(key, answer, { sentModel, text, totalMs, remaining }) };
  } else {
    if (noted) await reportFault(env, pool, { accountId: account.id, keyId: id }, answer.fault);
    const message = withoutSecret(answer.message, credential, hint);
    yield { type: "diagnosis", outcome: failedOutcome(key, answer.fault, { sentModel, text, totalMs, message }) };
  }
}

/** The same, with the cause of a connection fault where that can be known. */
async function withConnectionCause(env: Env, account: Account, sent: Sent): Promise<Sent> {
  if (sent.kind !== "failed") return sent;
  return { ...sent, transport: await connectionCauseOn(env, account, sent.transport) };
}

/** Who is asked, and through whom. */
function askedOf({ baseUrl, egress }: Account): string {
  const { host } = new URL(baseUrl);
  if (egress.via === "direct") return host;
  return `${host} through ${egress.via === "gateway" ? new URL(egress.baseUrl).host : `the binding ${egress.name}`}`;
}

const NOTHING = { upstreamMessage: null, modelReported: null, text: "", ttftMs: null, inputTokens: 0, outputTokens: 0 };

function passedOutcome(
  key: KeyOutcome["key"],
  { model, ttftMs, usage }: Extract<CheckAnswer, { ok: true }>,
  {
    sentModel,
    text,
    totalMs,
    remaining,
  }: { sentModel: string; text: string; totalMs: number; remaining: TemporaryState[] },
): KeyOutcome {
  return {
    ...NOTHING,
    key,
    ok: true,
    condition: null,
    class: null,
    diagnosis: passedDiagnosis({ model: sentModel, reported: model, ttftMs, totalMs }, remaining),
    status: 200,
    until: null,
    modelReported: model,
    text,
    ttftMs,
    totalMs,
    inputTokens: usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h,
    outputTokens: usage.output,
  };
}

function failedOutcome(
  key: KeyOutcome["key"],
  fault: Fault,
  { sentModel, text, totalMs, message }: { sentModel: string; text: string; totalMs: number; message: string },
): KeyOutcome {
  return {
    ...NOTHING,
    key,
    ok: false,
    condition: fault.condition,
    class: fault.class,
    diagnosis: faultDiagnosis(fault, sentModel, message),
    status: fault.status,
    until: fault.class === "request" ? null : fault.until,
    upstreamMessage: message === "" ? null : message,
    text,
    totalMs,
  };
}

function unsentOutcome({ position, hint }: CheckedKey, condition: Unsent): KeyOutcome {
  const diagnosis = unsentDiagnosis(condition);
  return {
    ...NOTHING,
    ...{ key: { position, hint }, ok: false, condition, class: null, diagnosis },
    ...{ status: 0, until: null, totalMs: 0 },
  };
}

/** Some services repeat the key in what they say about it. */
function withoutSecret(message: string, credential: Credential, hint: string): string {
  const safe = secretsIn(credential).reduce((text, secret) => text.replaceAll(secret, hint), message);
  return safe.length > MESSAGE_LENGTH ? `${safe.slice(0, MESSAGE_LENGTH)}…` : safe;
}
