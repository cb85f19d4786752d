/**
 * The credentials of accounts, opened when a request first goes out under one: an isolate that serves one request opens one
 * key, however large its pool.
 */
import { record } from "../events.ts";
import type { Credential, KeyCredential } from "../providers/kind.ts";
import { openCredential } from "../vault/credentials.ts";
import { credentialPlace } from "../vault/places.ts";
import { accessToken } from "./access-token.ts";
import type { Account, AccountKey } from "./account.ts";
import { googleToken } from "./google-token.ts";

/**
 * By the key as it was read: accounts that are read again bring other keys, so that nothing is opened for a destination
 * that is an account's no more. Values, not promises: a promise of one request may never settle for another.
 */
const opened = new WeakMap<AccountKey, KeyCredential>();

/**
 * The credential that is remembered under `keyId`: a key, or the access token of a sign-in or a service account. Null where the account has
 * none, where there is no token to be had at the moment, or where a key does not open (sealed under a key that is gone, or for
 * another destination than the account has now): that costs the account this key, in this isolate, and nothing else.
 */
export async function openKey(env: Env, account: Account, keyId: string): Promise<Credential | null> {
  const key = account.apiKeys.find(({ id }) => id === keyId);
  if (!key) return null;
  if (account.kind.oauth) return accessToken(env, account, key);
  const credential = opened.get(key) ?? (await unsealed(env, account, key));
  return credential?.type === "service-account" ? googleToken(env, account, key, credential) : credential;
}

async function unsealed(env: Env, account: Account, key: AccountKey): Promise<KeyCredential | null> {
  try {
    const credential = await openCredential(key.sealed, credentialPlace(account, key.position), env.ENCRYPTION_KEY);
    opened.set(key, credential);
    return credential;
  } catch (error) {
    record({ event: "credential_unreadable", account: account.id, position: key.position, error });
    account.apiKeys = account.apiKeys.filter((other) => other !== key);
    return null;
  }
}
