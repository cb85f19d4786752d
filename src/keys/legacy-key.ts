/**
 * Keys that another relay has made, and that work here with their old value. Such a key does not prove itself: the relay
 * knows each of them by its id, which follows from the key and LEGACY_KEY_PEPPER. The digest is the one that
 * claude-relay-service stores, SHA-256 of the key with its ENCRYPTION_KEY behind it, because of its keys nobody has more.
 */
import { toHex } from "../ground/hex.ts";

declare global {
  /** Whose name is Wrangler's: it lists what every relay has. */
  interface __BaseEnv_Env {
    /** A secret of relays that have imported keys; without it no key but the relay's own is looked at. */
    LEGACY_KEY_PEPPER?: string;
  }
}

/** Each brings a call of a gate and D1 is asked six times besides, and an invocation of the free plan asks 50 times at the most. */
export const IMPORTED_AT_ONCE = 40;

/** How long an id is, in characters. */
export const LEGACY_ID_LENGTH = 32;

/** Visible ASCII, because a key travels in a header. A shorter one could be guessed, a longer one no relay has made. */
const KEY = /^[\x21-\x7e]{20,512}$/;

const DIGEST = /^[0-9a-f]{64}$/;

export function isLegacyDigest(text: string): boolean {
  return DIGEST.test(text);
}

/** The digest of what may be such a key; null for what is none. */
export async function legacyDigest(key: string, pepper: string): Promise<string | null> {
  return KEY.test(key) ? sha256(key + pepper) : null;
}

/** The public id of the key with this digest, and the name of its gate: 16 of its bytes, as of the relay's own keys. */
export function legacyKeyId(digest: string): string {
  return digest.slice(0, LEGACY_ID_LENGTH);
}

/** Whether two have the same pepper can be told by this; what it is, cannot. */
export async function pepperFingerprint(pepper: string): Promise<string> {
  return (await sha256(`edge-relay legacy key pepper\n${pepper}`)).slice(0, 16);
}

async function sha256(text: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}
