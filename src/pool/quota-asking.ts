/**
 * Asks a provider itself how much of an account's limits is used, if no answer has said it lately. It asks seldom, and never on a
 * request's way: the account's Keeper asks, one question at a time, when an administrator looks or the cron comes by.
 */
import { textAtMost } from "../ground/bounded-body.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../ground/durations.ts";
import { parse } from "../ground/json.ts";
import { kindOf } from "../providers/kinds.ts";
import type { QuotaEndpoint } from "../providers/quota/endpoint.ts";
import type { Asked, QuotaReading } from "../providers/quota/windows.ts";
import { retryHint } from "../providers/retry-after.ts";
import { exitOf, type Leaving, NotThisWay } from "../vault/exit.ts";
import { openToken } from "../vault/grant.ts";
import type { TokenAnswer } from "../vault/tokens.ts";
import type { Account } from "./account.ts";

/** What is asked, and of whom. It is sent along with each call: the Keeper keeps no copy that could grow stale. */
export interface QuotaQuestion extends Leaving {
  /** The id of the sign-in. */
  grantId: string;
  platform: string;
  kind: string;
  extraHeaders: Record<string, string>;
  /** The provider is not asked while there is a younger figure. */
  maxAgeMs: number;
}

/** The question for an account; null if nobody can be asked: its kind names no place for it, or it has no sign-in. */
export function quotaQuestionOf(account: Account, maxAgeMs: number): QuotaQuestion | null {
  const { id, baseUrl, egress, egressHeaders, platform, kind, extraHeaders, apiKeys } = account;
  const grantId = apiKeys[0]?.id;
  if (!kind.quota || grantId === undefined) return null;
  return { id, baseUrl, egress, egressHeaders, grantId, platform, kind: kind.name, extraHeaders, maxAgeMs };
}

export interface QuotaAnswer {
  /** Null if there was none to be had; `asked` says why. */
  reading: QuotaReading | null;
  asked: Asked;
}

/** How long an answer may take: it is a figure for people, and whoever looks at an account waits a moment for it. */
const ANSWER_MS = 10 * SECOND_MS;
const LARGEST_ANSWER = 64 * 1024;
/** When to ask again. These endpoints are for a person who looks now and then, and refuse whoever asks often. */
const AGAIN_MS = 5 * MINUTE_MS;
const AGAIN_AFTER_ERROR_MS = HOUR_MS;
/** After a refusal for good, such as of a sign-in without the scope, or if the endpoint is not there. */
const AGAIN_AFTER_REFUSAL_MS = DAY_MS;
const REFUSALS: ReadonlySet<number> = new Set([403, 404]);

/**
 * Asks the provider. `tokenFor`: the Keeper's token, newer than `refused` (see `TokenVault.token`). Never rejects. An error is kept in
 * our own words.
 */
export async function askForQuota(
  env: Env,
  question: QuotaQuestion,
  tokenFor: (refused: number | null) => Promise<TokenAnswer>,
): Promise<QuotaAnswer> {
  const endpoint = kindOf(question.platform, question.kind)?.quota;
  if (!endpoint) return failed("its provider has nothing to ask", AGAIN_AFTER_REFUSAL_MS);
  try {
    let answered: Answered | null = null;
    for (let refused: number | null = null; ; refused = answered.version) {
      const token = await tokenFor(refused);
      if (token.state !== "token") {
        return answered ? answered.outcome : failed(WITHOUT_TOKEN[token.state], AGAIN_MS);
      }
      answered = await ask(env, question, endpoint, token.token);
      // A token that the provider has ended early is renewed once, as for a request.
      if (answered.status !== 401 || refused !== null) return answered.outcome;
    }
  } catch {
    return failed("its access token does not open", AGAIN_AFTER_ERROR_MS);
  }
}

const WITHOUT_TOKEN: Record<Exclude<TokenAnswer["state"], "token">, string> = {
  ended: "somebody has to sign in again",
  unavailable: "there is no access token at the moment",
  unknown: "its Keeper has no such sign-in",
};

interface Answered {
  status: number;
  /** The version of the token that was used. */
  version: number;
  outcome: QuotaAnswer;
}

async function ask(
  env: Env,
  question: QuotaQuestion,
  endpoint: QuotaEndpoint,
  token: Extract<TokenAnswer, { state: "token" }>["token"],
): Promise<Answered> {
  const { id: accountId, grantId, baseUrl, egress, extraHeaders } = question;
  const credential = await openToken(token, { accountId, grantId, baseUrl, egress }, env);
  const { version } = credential;
  const request = endpoint.request(baseUrl, credential);
  if (!request) return { status: 0, version, outcome: failed("its project is not known yet", AGAIN_MS) };
  const exit = await exitOf(env, question);
  if (!exit.ok) return { status: 0, version, outcome: failed(exit.refusal, AGAIN_MS) };
  const { url, method, headers, body } = request;
  const init = { method, headers: { ...extraHeaders, ...headers }, body, redirect: "manual" } as const;
  try {
    const response = await exit.value(url, { ...init, signal: AbortSignal.timeout(ANSWER_MS) });
    const text = await textAtMost(response, LARGEST_ANSWER);
    const { status } = response;
    return { status, version, outcome: outcomeOf(endpoint, status, response.headers, text) };
  } catch (error) {
    const why = error instanceof NotThisWay ? error.message : "the provider did not answer";
    return { status: 0, version, outcome: failed(why, AGAIN_AFTER_ERROR_MS) };
  }
}

function outcomeOf(endpoint: QuotaEndpoint, status: number, headers: Headers, text: string): QuotaAnswer {
  const now = Date.now();
  if (status !== 200) {
    const pauseMs = REFUSALS.has(status) ? AGAIN_AFTER_REFUSAL_MS : AGAIN_AFTER_ERROR_MS;
    const notBefore = retryHint(headers, null, now) ?? 0;
    return failed(`the provider answered with status ${status}`, pauseMs, notBefore);
  }
  const reading = endpoint.read(parse(text), now);
  return reading
    ? { reading, asked: { at: now, error: null, againAt: now + AGAIN_MS } }
    : failed("the provider's answer holds no figures", AGAIN_AFTER_ERROR_MS);
}

function failed(error: string, pauseMs: number, notBefore = 0): QuotaAnswer {
  const at = Date.now();
  return { reading: null, asked: { at, error, againAt: Math.max(at + pauseMs, notBefore) } };
}
