/**
 * Relay keys, which prove themselves: `cr_` + 64 hex = 16 random bytes, then 16 bytes of HMAC-SHA-256 over them.
 *
 * Arithmetic alone refuses a forged or damaged key, without a storage operation, so guessing costs the guesser and not
 * the free plan. KEY_SECRET is a ring, "current,previous": new keys use the first secret, old keys stay valid while
 * their secret is listed.
 */
import { timingSafeEqual } from "node:crypto";
import { fromHex, toHex } from "../ground/hex.ts";
import { ringOf, strongPartsOf } from "../ground/secrets.ts";

const PATTERN = /^cr_[0-9a-f]{64}$/;
const RANDOM_BYTES = 16;
const MAC_BYTES = 16;

/** Key → id of the keys that this isolate has verified: the free plan has no CPU for an HMAC and a hash per request. */
const verified = new Map<string, string>();
const VERIFIED_MAX = 2_000;

/** Keys and no promise of them, which would belong to the request that asked first, and end with it. */
let ring: { secret: string; keys: CryptoKey[] } | undefined;

/** Makes a new key under the ring's first secret. Throws if KEY_SECRET is too weak. */
export async function makeApiKey(secret: string): Promise<string> {
  const random = crypto.getRandomValues(new Uint8Array(RANDOM_BYTES));
  ringOf("KEY_SECRET", secret);
  const [current] = await macKeys(secret);
  if (!current) throw new Error("KEY_SECRET is empty");
  const mac = await macOf(current, random);
  return `cr_${toHex(random)}${toHex(mac)}`;
}

/** The id of a genuine key (32 hex characters, a hash of it), or null for a string that was not made here. */
export async function verifyApiKey(key: string, secret: string): Promise<string | null> {
  const known = ring?.secret === secret ? verified.get(key) : undefined;
  if (known) return known;
  if (!PATTERN.test(key)) return null;

  const bytes = fromHex(key.slice(3));
  const random = bytes.subarray(0, RANDOM_BYTES);
  const claimed = bytes.subarray(RANDOM_BYTES);
  for (const candidate of await macKeys(secret)) {
    if (!timingSafeEqual(await macOf(candidate, random), claimed)) continue;
    const id = await apiKeyId(key);
    if (verified.size >= VERIFIED_MAX) verified.clear();
    verified.set(key, id);
    return id;
  }
  return null;
}

/** The public id of a key, which is also the name of its gate: the first 16 bytes of its SHA-256 in hex. */
export async function apiKeyId(key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  return toHex(new Uint8Array(digest, 0, 16));
}

async function macOf(key: CryptoKey, random: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, random), 0, MAC_BYTES);
}

/** The HMAC keys of the ring's parts. A part that is weak enough to be guessed proves nothing, and is left out. */
async function macKeys(secret: string): Promise<CryptoKey[]> {
  if (ring?.secret === secret) return ring.keys;
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const parts = strongPartsOf("KEY_SECRET", secret);
  const keys = await Promise.all(
    parts.map((part) => crypto.subtle.importKey("raw", new TextEncoder().encode(part), hmac, false, ["sign"])),
  );
  // Keys that were verified under the old secret must not count under the new one.
  if (ring && ring.secret !== secret) verified.clear();
  ring = { secret, keys };
  return keys;
}
