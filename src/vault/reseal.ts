/**
 * Seals sealed values anew under the newest key of the ring, for the same place. A value that does not open is left as it is: only
 * what an envelope held goes into a new one.
 */
import type { StoredGrant } from "./grant.ts";
import type { GrantStore } from "./grant-store.ts";
import { grantPlace, tokenPlace } from "./places.ts";
import { envelopesUnder, keyIdIn, type Place, seal, sealingKeyIds, tryOpen, type Unopened } from "./seal.ts";

export type Resealed =
  /** It is under the newest key already, and was not opened. */
  | { state: "current" }
  | { state: "resealed"; sealed: string }
  | { state: "unreadable"; reason: Unopened; keyId: string | null };

/** Seals one value anew. Throws if ENCRYPTION_KEY is too weak. */
export async function reseal(sealed: string, place: Place, encryptionKey: string): Promise<Resealed> {
  const [newest] = await sealingKeyIds(encryptionKey);
  if (sealed.startsWith(envelopesUnder(newest))) return { state: "current" };
  const opened = await tryOpen(sealed, place, encryptionKey);
  if (!opened.ok) return { state: "unreadable", reason: opened.reason, keyId: keyIdIn(sealed) };
  return { state: "resealed", sealed: await seal(opened.plain, place, encryptionKey) };
}

/** The two envelopes of a sign-in, in its account's Keeper. */
export interface SignInSeals {
  /** The key that the Keeper seals with. It differs from the Worker's while the Keeper does not have the newest ENCRYPTION_KEY yet. */
  newest: string;
  signIn: SealState;
  accessToken: SealState;
}

/** What became of an envelope, and under which key it is now. `older`: it is under an older key, and was only looked at. */
export interface SealState {
  state: Resealed["state"] | "older";
  keyId: string | null;
  reason: Unopened | null;
}

/** The keys under which a sign-in is sealed; null: there is no sign-in. Changes nothing. */
export async function sealsOf(stored: StoredGrant | undefined, env: Env): Promise<SignInSeals | null> {
  const [newest] = await sealingKeyIds(env.ENCRYPTION_KEY);
  if (!stored) return null;
  return { newest, signIn: foundSeal(stored.sealed, newest), accessToken: foundSeal(stored.token.sealed, newest) };
}

/**
 * Seals the stored sign-in under the newest key, durably. `publish` then puts the new access token where everybody reads it. What
 * does not open stays as it is. Null: there is no sign-in.
 */
export async function resealSignIn(
  store: GrantStore,
  env: Env,
  publish: () => Promise<void>,
): Promise<SignInSeals | null> {
  const { ENCRYPTION_KEY } = env;
  const [newest] = await sealingKeyIds(ENCRYPTION_KEY);
  for (;;) {
    const current = store.read();
    if (!current) return null;
    const [whole, token] = await Promise.all([
      reseal(current.sealed, grantPlace(current), ENCRYPTION_KEY),
      reseal(current.token.sealed, tokenPlace(current), ENCRYPTION_KEY),
    ]);
    const stored = store.read();
    // It was renewed or replaced meanwhile, which happens once in minutes: look at what is there now.
    if (stored?.sealed !== current.sealed || stored.token.sealed !== current.token.sealed) continue;
    if (whole.state === "resealed" || token.state === "resealed") {
      store.write({
        ...stored,
        sealed: whole.state === "resealed" ? whole.sealed : stored.sealed,
        ...(token.state === "resealed" && { token: { ...stored.token, sealed: token.sealed }, published: 0 }),
      });
      await store.sync();
      await publish();
    }
    return { newest, signIn: sealAfter(whole, newest), accessToken: sealAfter(token, newest) };
  }
}

function foundSeal(sealed: string, newest: string): SealState {
  const state = sealed.startsWith(envelopesUnder(newest)) ? "current" : "older";
  return { state, keyId: keyIdIn(sealed), reason: null };
}

function sealAfter(resealed: Resealed, newest: string): SealState {
  return resealed.state === "unreadable" ? resealed : { state: resealed.state, keyId: newest, reason: null };
}
