/**
 * Sealed secrets: AES-256-GCM with a random 96-bit nonce. The associated data binds a value to its place, so that it does not
 * open if it was moved, or if its place was changed around it. Whoever can write to D1 can spoil a value, but never redirect it.
 *
 * The envelope is `v2.<key id>.<nonce>.<ciphertext>` in base64url. ENCRYPTION_KEY is a ring, "current,previous":
 * sealing uses the first, opening finds the one the envelope names. A failed open is an error, never the raw bytes.
 */
import { fromBase64url, toBase64url } from "../ground/base64url.ts";
import { ringOf } from "../ground/secrets.ts";

/** Where a sealed value belongs. */
export interface Place {
  /** Such as `credentials`. */
  table: string;
  /** Such as `acc_1/0`. */
  row: string;
  /** Where the secret may be sent; empty for one that is not sent anywhere. */
  destination: string;
  /**
   * Whether an envelope of the first version is accepted here. It is bound to table and row alone, so only if nobody gains by
   * changing the destination.
   */
  acceptsV1: boolean;
}

/** A key of the ring, and its fingerprint as its id, so that rotation needs no bookkeeping. */
interface SealingKey {
  id: string;
  key: CryptoKey;
}

/** Secret → derived key. Values and no promises: a promise of one request may never settle for another. */
const derived = new Map<string, SealingKey>();

/** Seals `plain` for one place. Throws if ENCRYPTION_KEY is too weak. */
export async function seal(plain: string, place: Place, encryptionKey: string): Promise<string> {
  const [current] = await sealingKeys(encryptionKey);
  if (!current) throw new Error("ENCRYPTION_KEY is empty");
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const cipher = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv: nonce, additionalData: bindingV2(place) },
    current.key,
    new TextEncoder().encode(plain),
  );
  return `${envelopesUnder(current.id)}${toBase64url(nonce)}.${toBase64url(new Uint8Array(cipher))}`;
}

/** Opens what `seal` made for the same place. Throws if it was altered, moved, or sealed under an unknown key. */
export async function open(sealed: string, place: Place, encryptionKey: string): Promise<string> {
  const opened = await tryOpen(sealed, place, encryptionKey);
  if (!opened.ok) throw new Error(`${place.table}/${place.row} ${WHY[opened.reason]}`);
  return opened.plain;
}

/** Why a sealed value does not open → how a sentence that begins with its name goes on. */
const WHY = {
  not_sealed: "is not a sealed value",
  sealed_without_host: "was sealed before seals named their destination; it has to be entered again",
  unknown_key: "was sealed under an ENCRYPTION_KEY that is not configured any more",
  does_not_open: "does not open here: it was altered, or sealed for another row or base URL",
} as const;
export type Unopened = keyof typeof WHY;

/** Like `open`, with the reason as a value. Throws if ENCRYPTION_KEY itself is too weak. */
export async function tryOpen(
  sealed: string,
  place: Place,
  encryptionKey: string,
): Promise<{ ok: true; plain: string } | { ok: false; reason: Unopened }> {
  const [version, keyId, nonce, cipher] = sealed.split(".");
  if ((version !== "v1" && version !== "v2") || !nonce || !cipher) return { ok: false, reason: "not_sealed" };
  if (version === "v1" && !place.acceptsV1) return { ok: false, reason: "sealed_without_host" };
  const match = (await sealingKeys(encryptionKey)).find((candidate) => candidate.id === keyId);
  if (!match) return { ok: false, reason: "unknown_key" };
  const additionalData = version === "v1" ? bindingV1(place) : bindingV2(place);
  try {
    const parameters = { name: "AES-GCM", iv: fromBase64url(nonce), additionalData };
    const plain = await crypto.subtle.decrypt(parameters, match.key, fromBase64url(cipher));
    return { ok: true, plain: new TextDecoder().decode(plain) };
  } catch {
    return { ok: false, reason: "does_not_open" };
  }
}

/** The ids of the ring's keys; the first one seals. Throws if one of them is too weak. */
export async function sealingKeyIds(encryptionKey: string): Promise<[newest: string, ...older: string[]]> {
  const [newest, ...older] = await sealingKeys(encryptionKey);
  if (!newest) throw new Error("ENCRYPTION_KEY is empty");
  return [newest.id, ...older.map(({ id }) => id)];
}

/** How every envelope begins that is sealed under this key. */
export function envelopesUnder(keyId: string): string {
  return `v2.${keyId}.`;
}

/** The id of the key that an envelope names; null if it is no envelope. */
export function keyIdIn(sealed: string): string | null {
  return /^v[12]\.([\w-]+)\./.exec(sealed)?.[1] ?? null;
}

function sealingKeys(encryptionKey: string): Promise<SealingKey[]> {
  return Promise.all(ringOf("ENCRYPTION_KEY", encryptionKey).map(keyOf));
}

async function keyOf(secret: string): Promise<SealingKey> {
  const known = derived.get(secret);
  if (known) return known;
  const base = await crypto.subtle.importKey("raw", new TextEncoder().encode(secret), "HKDF", false, [
    "deriveKey",
    "deriveBits",
  ]);
  const hkdf = (info: string) => ({
    name: "HKDF",
    hash: "SHA-256",
    salt: new Uint8Array(),
    info: new TextEncoder().encode(info),
  });
  const key = await crypto.subtle.deriveKey(hkdf("edge-relay seal v1"), base, { name: "AES-GCM", length: 256 }, false, [
    "encrypt",
    "decrypt",
  ]);
  const id = await crypto.subtle.deriveBits(hkdf("edge-relay seal id v1"), base, 48);
  const made = { id: toBase64url(new Uint8Array(id)), key };
  derived.set(secret, made);
  return made;
}

function bindingV1({ table, row }: Place): BufferSource {
  return new TextEncoder().encode(`${table}|${row}|v1`);
}

/** JSON keeps the parts apart, whatever characters they hold. */
function bindingV2({ table, row, destination }: Place): BufferSource {
  return new TextEncoder().encode(JSON.stringify(["v2", table, row, destination]));
}
