/**
 * Sealed values under the newest key of the ring, for their own place. What does not open is left to whoever has it: nothing
 * here makes an envelope of anything but what an envelope held.
 */
import type { StoredGrant } from "./grant.ts";
import type { GrantStore } from "./grant-store.ts";
import { grantPlace, tokenPlace } from "./places.ts";
import { envelopesUnder, keyIdIn, type Place, seal, sealingKeyIds, tryOpen, type Unopened } from "./seal.ts";

export type Resealed =
  /** It is under the newest key; it was not opened. */
  | { state: "current" }
  | { state: "resealed"; sealed: string }
  | { state: "unreadable"; reason: Unopened; keyId: string | null };

/** Throws where ENCRYPTION_KEY is too weak. */
export async function reseal(sealed: string, place: Place, encryptionKey: string): Promise<Resealed> {
  const [newest] = await sealingKeyIds(encryptionKey);
  if (sealed.startsWith(envelopesUnder(newest))) return { state: "current" };
  const opened = await tryOpen(sealed, place, encryptionKey);
  if (!opened.ok) return { state: "unreadable", reason: opened.reason, keyId: keyIdIn(sealed) };
  return { state: "resealed", sealed: await seal(opened.plain, place, encryptionKey) };
}

/** The two envelopes of a sign-in, in its account's Keeper. */
export interface SignInSeals {
  /** The key that the Keeper seals with: not the Worker's, where it does not have the newest ENCRYPTION_KEY yet. */
  newest: string;
  signIn: SealState;
  accessToken: SealState;
}

/** What became of one, and under which key it is now. `older`: it was looked at only. */
export interface SealState {
  state: Resealed["state"] | "older";
  keyId: string | null;
  reason: Unopened | null;
}

/** Under which keys a sign-in is sealed; null: there is none. Changes nothing. */
export async function sealsOf(stored: StoredGrant | undefined, env: Env): Promise<SignInSeals | null> {
  const [newest] = await sealingKeyIds(env.ENCRYPTION_KEY);
  if (!stored) return null;
  return { newest, signIn: foundSeal(stored.sealed, newest), accessToken: foundSeal(stored.token.sealed, newest) };
}

/**
 * Seals the stored sign-in under the newest key, durably; `publish` puts the access token so sealed where everybody reads it. What
 * does not open stays as it is. Null: there is none.
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
    // Renewed or replaced meanwhile: what is there now is looked at instead. That happens once in minutes.
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
