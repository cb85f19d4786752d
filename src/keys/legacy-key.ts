/**
 * Keys that another relay has made, and that work here with their old value. Such a key does not prove itself: the relay
 * knows each of them by its id, which follows from the key and LEGACY_KEY_PEPPER. The digest is the one that
 * claude-relay-service stores (SHA-256 of the key followed by its ENCRYPTION_KEY), because nobody has more than that of its keys.
 */
import { toHex } from "../ground/hex.ts";

declare global {
  /** Wrangler chose this name; it lists what every relay has. */
  interface __BaseEnv_Env {
    /** A secret of relays that have imported keys. Without it the relay looks at no keys but its own. */
    LEGACY_KEY_PEPPER?: string;
  }
}

/** How many keys are imported at once: each takes one call of a gate, all take six of D1, and an invocation of the free plan has 50. */
export const IMPORTED_AT_ONCE = 40;

/** How long an id is, in characters. */
export const LEGACY_ID_LENGTH = 32;

/** Visible ASCII, because a key travels in a header. A shorter key could be guessed, and no relay makes longer ones. */
const KEY = /^[\x21-\x7e]{20,512}$/;

const DIGEST = /^[0-9a-f]{64}$/;

export function isLegacyDigest(text: string): boolean {
  return DIGEST.test(text);
}

/** The digest of a text that may be such a key; null if it cannot be one. */
export async function legacyDigest(key: string, pepper: string): Promise<string | null> {
  return KEY.test(key) ? sha256(key + pepper) : null;
}

/** The public id of the key with this digest, which is also the name of its gate: 16 bytes, as for the relay's own keys. */
export function legacyKeyId(digest: string): string {
  return digest.slice(0, LEGACY_ID_LENGTH);
}

/** Tells whether two relays have the same pepper, but not which. */
export async function pepperFingerprint(pepper: string): Promise<string> {
  return (await sha256(`edge-relay legacy key pepper\n${pepper}`)).slice(0, 16);
}

async function sha256(text: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}
