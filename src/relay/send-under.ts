/**
 * One try with one credential of an account, of whichever type. A token that the upstream refuses may have been renewed elsewhere,
 * or ended early: then a newer one is asked for and tried, once, before anybody is blamed. A provider may have several addresses: if
 * one does not answer, the next one is asked.
 */
import { newerToken } from "../pool/access-token.ts";
import { forgetToken } from "../pool/google-token.ts";
import { openKey } from "../pool/open-key.ts";
import { isOfficial, type Target } from "../pool/target.ts";
import type { Credential } from "../providers/kind.ts";
import { addressesIn } from "../providers/upstream-address.ts";
import { SHORTEST_TRY_MS } from "./deadline.ts";
import { settingIn } from "./outgoing.ts";
import { type Sent, send, type Try } from "./send.ts";

/** Makes a try under the key `keyId` of the target's account (see `send`). Null if its credential cannot be had. */
export async function sendUnder(env: Env, keyId: string, asked: Try): Promise<Sent | null> {
  const credential = await openKey(env, asked.target.account, keyId);
  if (!credential) return null;
  const sent = await sendSomewhere(env, asked, credential);
  const newer = isRefused(sent) ? await newerThan(env, asked.target, keyId, credential) : null;
  return newer ? sendSomewhere(env, asked, newer) : sent;
}

async function sendSomewhere(env: Env, asked: Try, credential: Credential): Promise<Sent> {
  const [target = asked.target, ...others] = atAddresses(env, asked.target);
  let sent = await send(env, { ...asked, target, credential });
  for (const target of others) {
    if (!isUnanswered(sent) || asked.deadline - Date.now() < SHORTEST_TRY_MS) break;
    sent = await send(env, { ...asked, target, credential });
  }
  return sent;
}

/** The target at each address of its provider (`Kind.addresses`). An account with a base URL or an egress of its own has only that one. */
function atAddresses(env: Env, target: Target): Target[] {
  const { account } = target;
  const { addresses } = account.kind;
  if (addresses === undefined || !isOfficial(account) || account.egress.via !== "direct") return [target];
  const listed = addressesIn(settingIn(env)(addresses), { allowPrivate: env.ALLOW_PRIVATE_UPSTREAMS === "1" });
  return listed.map((address) => ({
    ...target,
    account: { ...account, baseUrl: account.kind.baseUrl.normalise(address) },
  }));
}

/** Whether nobody is there, or nobody who can answer this. A reached limit and a refusal are answers; so is one that was paid for. */
function isUnanswered(sent: Sent): boolean {
  if (sent.wasted) return false;
  if (sent.kind === "whole") return NOT_HERE.includes(sent.status);
  return sent.kind === "failed" && sent.transport !== "hurried" && sent.transport !== "ended_early";
}

const NOT_HERE = [404, 405, 501, 502, 503, 504];

function isRefused(sent: Sent): boolean {
  // An earlier answer that said nothing (`wasted`) shows that the token was taken, and a new try would forget to book that answer.
  return sent.kind === "whole" && sent.status === 401 && !sent.wasted;
}

async function newerThan(
  env: Env,
  { account }: Target,
  keyId: string,
  refused: Credential,
): Promise<Credential | null> {
  const key = account.apiKeys.find(({ id }) => id === keyId);
  if (key && refused.type === "access") {
    forgetToken(key, refused);
    const newer = await openKey(env, account, keyId);
    return newer?.type === "access" && newer.access !== refused.access ? newer : null;
  }
  return key && refused.type === "oauth" ? newerToken(env, account, key, refused) : null;
}
