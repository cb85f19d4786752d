/**
 * The access tokens of service accounts. A token is fetched when a request first needs one, and remembered in this isolate until near
 * its end. No request waits for another's: several may fetch one each, and any of them serves.
 */

import { record } from "../events.ts";
import { textAtMost } from "../ground/bounded-body.ts";
import { MINUTE_MS, SECOND_MS } from "../ground/durations.ts";
import type { AccessCredential, ServiceAccount } from "../providers/kind.ts";
import { checkUpstreamUrl } from "../providers/upstream-address.ts";
import { assertionOf, exchangeOf, refusalIn, TOKEN_MARGIN_MS, tokenIn } from "../providers/vertex/assertion.ts";
import { tokenExit } from "../vault/exit.ts";
import type { Account, AccountKey } from "./account.ts";

interface Known {
  /** Null: there was no token to be had. */
  credential: AccessCredential | null;
  /** Before this nobody asks again, milliseconds since the epoch. */
  until: number;
  askedAt: number;
}

/** Values and no promises: a promise of one request may never settle for another. */
const known = new WeakMap<AccountKey, Known>();

/** A token has some kilobytes at the most. */
const LARGEST_ANSWER = 64 * 1024;
/** Google answers in a fraction of a second. After this it is better to try another account than to wait for this one's token. */
const PATIENCE_MS = 10 * SECOND_MS;
/** A token that is refused so soon is not refused for its age: another one would be refused too. */
const YOUNG_MS = MINUTE_MS;
/** If there was no token to be had, requests do not ask again for so long. */
const NONE_FOR_MS = 2 * SECOND_MS;

/** A token for the service account that `key` is; null if there is none at the moment: another account may do. Never rejects. */
export async function googleToken(
  env: Env,
  account: Account,
  key: AccountKey,
  serviceAccount: ServiceAccount,
): Promise<AccessCredential | null> {
  const remembered = known.get(key);
  if (remembered && Date.now() < remembered.until) return remembered.credential;
  const credential = await fetched(env, account, serviceAccount);
  const now = Date.now();
  const until = credential ? Math.max(credential.expiresAt - TOKEN_MARGIN_MS, now) : now + NONE_FOR_MS;
  known.set(key, { credential, until, askedAt: now });
  return credential;
}

/** Call if Google has refused a token before its end: the next request fetches another, unless the refused one was young. */
export function forgetToken(key: AccountKey, { access }: AccessCredential): void {
  const remembered = known.get(key);
  const isIt = remembered?.credential?.access === access;
  if (isIt && Date.now() - remembered.askedAt >= YOUNG_MS) known.delete(key);
}

/** A new token; null if there is none. The log names an error in our own words: neither the key nor what it signed may be in a log. */
async function fetched(
  env: Env,
  { id, egress }: Account,
  serviceAccount: ServiceAccount,
): Promise<AccessCredential | null> {
  const none = (error: string) => {
    record({ event: "access_token_not_issued", account: id, error });
    return null;
  };
  const address = checkUpstreamUrl(env.VERTEX_TOKEN_URL, { allowPrivate: env.ALLOW_PRIVATE_UPSTREAMS === "1" });
  if (!address.ok) return none(`VERTEX_TOKEN_URL ${address.refusal}`);
  const exit = tokenExit(env, egress);
  if (!exit.ok) return none(exit.refusal);
  let assertion: string;
  try {
    assertion = await assertionOf(serviceAccount, Date.now());
  } catch {
    return none("the private key is none");
  }
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const request = { method: "POST", ...exchangeOf(assertion), redirect: "manual" as const, signal };
    const response = await exit.value(address.value.href, request);
    const body = await textAtMost(response, LARGEST_ANSWER);
    if (response.status !== 200) return none(`status ${response.status} ${refusalIn(body)}`.trim());
    return tokenIn(body, serviceAccount, Date.now()) ?? none("an answer without a token");
  } catch {
    return none("no answer");
  }
}
