/**
 * Sealed values under the newest key of the ring, for their own place. What does not open is left to whoever has it: nothing
 * here makes an envelope of anything but what an envelope held.
 */
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

export function foundSeal(sealed: string, newest: string): SealState {
  const state = sealed.startsWith(envelopesUnder(newest)) ? "current" : "older";
  return { state, keyId: keyIdIn(sealed), reason: null };
}

export function sealAfter(resealed: Resealed, newest: string): SealState {
  return resealed.state === "unreadable" ? resealed : { state: resealed.state, keyId: newest, reason: null };
}
