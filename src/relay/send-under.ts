/**
 * One try under one credential of an account, whatever it proves itself with. A token that the upstream refuses may have been
 * renewed elsewhere, or ended early: then a newer one is asked for and tried, once, before anybody is blamed. And a provider may have
 * several addresses, of which the next one counts where one does not answer.
 */
import { newerToken } from "../pool/access-token.ts";
import { forgetToken } from "../pool/google-token.ts";
import { openKey } from "../pool/open-key.ts";
import { isOfficial, type Target } from "../pool/target.ts";
import type { Credential } from "../providers/kind.ts";
import { addressesIn } from "../providers/upstream-address.ts";
import { SHORTEST_TRY_MS } from "./deadline.ts";
import { type Sending, settingIn } from "./outgoing.ts";
import type { RelayRequest } from "./request.ts";
import { type Sent, send } from "./send.ts";

/** What came of it; null where the credential cannot be had. See `send`. */
export async function sendUnder(
  env: Env,
  call: Sending,
  request: RelayRequest | null,
  target: Target,
  keyId: string,
  deadline: number,
): Promise<Sent | null> {
  const credential = await openKey(env, target.account, keyId);
  if (!credential) return null;
  const sent = await sendSomewhere(env, call, request, target, credential, deadline);
  const newer = isRefused(sent) ? await newerThan(env, target, keyId, credential) : null;
  return newer ? sendSomewhere(env, call, request, target, newer, deadline) : sent;
}

async function sendSomewhere(
  env: Env,
  call: Sending,
  request: RelayRequest | null,
  target: Target,
  credential: Credential,
  deadline: number,
): Promise<Sent> {
  const [first = target, ...others] = placesOf(env, target);
  let sent = await send(env, call, request, first, credential, deadline);
  for (const place of others) {
    if (!isUnanswered(sent) || deadline - Date.now() < SHORTEST_TRY_MS) break;
    sent = await send(env, call, request, place, credential, deadline);
  }
  return sent;
}

/** The target at each of the addresses at which its provider is asked (`Kind.addresses`). Who stands in between has one of its own. */
function placesOf(env: Env, target: Target): Target[] {
  const { account } = target;
  const { addresses } = account.kind;
  if (addresses === undefined || !isOfficial(account) || account.egress.via !== "direct") return [target];
  const listed = addressesIn(settingIn(env)(addresses), { allowPrivate: env.ALLOW_PRIVATE_UPSTREAMS === "1" });
  return listed.map((address) => ({
    ...target,
    account: { ...account, baseUrl: account.kind.baseUrl.normalise(address) },
  }));
}

/** Nobody is there, or nobody who could answer this. A limit that is reached, or a refusal, is an answer; so is one that has been paid for. */
function isUnanswered(sent: Sent): boolean {
  if (sent.wasted) return false;
  if (sent.kind === "whole") return NOT_HERE.includes(sent.status);
  return sent.kind === "failed" && sent.transport !== "hurried" && sent.transport !== "ended_early";
}

const NOT_HERE = [404, 405, 501, 502, 503, 504];

function isRefused(sent: Sent): boolean {
  // What has answered once took the token; and what it has used is booked.
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
