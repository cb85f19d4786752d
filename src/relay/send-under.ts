/**
 * One try under one credential of an account, whatever it proves itself with. A token that the upstream refuses may have been
 * renewed elsewhere, or ended early: then a newer one is asked for and tried, once, before anybody is blamed.
 */
import { newerToken } from "../pool/access-token.ts";
import { forgetToken } from "../pool/google-token.ts";
import { openKey } from "../pool/open-key.ts";
import type { Target } from "../pool/target.ts";
import type { Credential } from "../providers/kind.ts";
import type { RelayRequest } from "./request.ts";
import { type Sending, type Sent, send } from "./send.ts";

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
  const sent = await send(env, call, request, target, credential, deadline);
  const newer = isRefused(sent) ? await newerThan(env, target, keyId, credential) : null;
  return newer ? send(env, call, request, target, newer, deadline) : sent;
}

function isRefused(sent: Sent): boolean {
  return sent.kind === "whole" && sent.status === 401;
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
