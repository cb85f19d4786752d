/**
 * Opens the credentials of accounts when a request first goes out under one: an isolate that serves one request opens one
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
 * Remembered by the key object: accounts that are read again have new objects, so that no opened key outlives a change of its
 * account's destination. Values and no promises: a promise of one request may never settle for another.
 */
const opened = new WeakMap<AccountKey, KeyCredential>();

/**
 * The credential of the account's key `keyId`: a key, or the access token of a sign-in or a service account. Null if the account has no
 * such key, if there is no token to be had at the moment, or if the key does not open (it was sealed under a key that is gone, or for
 * another destination than the account has now). A key that does not open is taken out of the account in this isolate, and no more.
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
