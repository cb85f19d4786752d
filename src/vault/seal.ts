/**
 * Sealed secrets: AES-256-GCM with a random 96-bit nonce, bound by its associated data to the place it belongs to, so
 * that a sealed value that was moved, or whose place was changed around it, does not open. Whoever may write to D1 may
 * spoil a value, and never redirect it.
 *
 * The envelope is `v2.<key id>.<nonce>.<ciphertext>` in base64url. ENCRYPTION_KEY is a ring, "current,previous":
 * sealing uses the first, opening finds the one the envelope names. A failed open is an error, never the raw bytes.
 */
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
   * Whether an envelope of the first version is good here. It was bound to table and row alone, so only where nobody
   * gains by changing the destination.
   */
  acceptsV1: boolean;
}

/** A key of the ring, and its fingerprint, so that rotation needs no bookkeeping. */
interface SealingKey {
  id: string;
  key: CryptoKey;
}

/** Derived keys by secret. Values, not promises: a promise of one request may never settle for another. */
const derived = new Map<string, SealingKey>();

/** Seals `plain` for one place. Throws where ENCRYPTION_KEY is too weak to seal anything with. */
export async function seal(plain: string, place: Place, encryptionKey: string): Promise<string> {
  const [current] = await sealingKeys(encryptionKey);
  if (!current) throw new Error("ENCRYPTION_KEY is empty");
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const cipher = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv: nonce, additionalData: bindingV2(place) },
    current.key,
    new TextEncoder().encode(plain),
  );
  return ["v2", current.id, base64url(nonce), base64url(new Uint8Array(cipher))].join(".");
}

/** Opens what `seal` made for the same place; throws when it was altered, moved, or sealed under an unknown key. */
export async function open(sealed: string, place: Place, encryptionKey: string): Promise<string> {
  const { table, row } = place;
  const [version, keyId, nonce, cipher] = sealed.split(".");
  if ((version !== "v1" && version !== "v2") || !nonce || !cipher)
    throw new Error(`Not a sealed value: ${table}/${row}`);
  if (version === "v1" && !place.acceptsV1) {
    throw new Error(`${table}/${row} was sealed before seals named their destination; it has to be entered again`);
  }
  const match = (await sealingKeys(encryptionKey)).find((candidate) => candidate.id === keyId);
  if (!match) throw new Error(`${table}/${row} was sealed under an ENCRYPTION_KEY that is not configured any more`);
  const additionalData = version === "v1" ? bindingV1(place) : bindingV2(place);
  try {
    const parameters = { name: "AES-GCM", iv: fromBase64url(nonce), additionalData };
    const plain = await crypto.subtle.decrypt(parameters, match.key, fromBase64url(cipher));
    return new TextDecoder().decode(plain);
  } catch {
    throw new Error(`${table}/${row} does not open here: it was altered, or sealed for another row or base URL`);
  }
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
  const made = { id: base64url(new Uint8Array(id)), key };
  derived.set(secret, made);
  return made;
}

function bindingV1({ table, row }: Place): Uint8Array {
  return new TextEncoder().encode(`${table}|${row}|v1`);
}

/** JSON keeps the parts apart, whatever characters they hold. */
function bindingV2({ table, row, destination }: Place): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(["v2", table, row, destination]));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

function fromBase64url(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}
