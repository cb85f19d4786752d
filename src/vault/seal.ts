/**
 * Sealed secrets: AES-256-GCM with a random 96-bit nonce, bound by its associated data to the table and row it
 * belongs to, so that a sealed value copied to another row does not open.
 *
 * The envelope is `v1.<key id>.<nonce>.<ciphertext>` in base64url. ENCRYPTION_KEY is a ring, "current,previous":
 * sealing uses the first, opening finds the one the envelope names. A failed open is an error, never the raw bytes.
 */

interface SealingKey {
  id: string;
  key: CryptoKey;
}

/** Secret → key, never the promise of one: that would belong to the request that asked first, and end with it. */
const cache = new Map<string, SealingKey>();

/** Seals `plain` for one place, e.g. `("credentials", "acc_1/0")`. */
export async function seal(plain: string, table: string, row: string, encryptionKey: string): Promise<string> {
  const [current] = await ringOf(encryptionKey);
  if (!current) throw new Error("ENCRYPTION_KEY is empty");
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const cipher = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv: nonce, additionalData: placeOf(table, row) },
    current.key,
    new TextEncoder().encode(plain),
  );
  return ["v1", current.id, base64url(nonce), base64url(new Uint8Array(cipher))].join(".");
}

/** Opens what `seal` made for the same place; throws when it was altered, moved, or sealed under an unknown key. */
export async function open(sealed: string, table: string, row: string, encryptionKey: string): Promise<string> {
  const [version, keyId, nonce, cipher] = sealed.split(".");
  if (version !== "v1" || !nonce || !cipher) throw new Error(`Not a sealed value: ${table}/${row}`);
  const match = (await ringOf(encryptionKey)).find((candidate) => candidate.id === keyId);
  if (!match) throw new Error(`${table}/${row} was sealed under an ENCRYPTION_KEY that is not configured any more`);
  const plain = await crypto.subtle.decrypt(
    { name: "AES-GCM", iv: fromBase64url(nonce), additionalData: placeOf(table, row) },
    match.key,
    fromBase64url(cipher),
  );
  return new TextDecoder().decode(plain);
}

function ringOf(encryptionKey: string): Promise<SealingKey[]> {
  const parts = encryptionKey
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);
  return Promise.all(parts.map(keyOf));
}

/** Derives the sealing key and its id (a fingerprint, so that rotation needs no bookkeeping) from one secret. */
async function keyOf(secret: string): Promise<SealingKey> {
  const known = cache.get(secret);
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
  const aes = { name: "AES-GCM", length: 256 };
  const key = await crypto.subtle.deriveKey(hkdf("edge-relay seal v1"), base, aes, false, ["encrypt", "decrypt"]);
  const id = await crypto.subtle.deriveBits(hkdf("edge-relay seal id v1"), base, 48);
  const derived = { id: base64url(new Uint8Array(id)), key };
  cache.set(secret, derived);
  return derived;
}

function placeOf(table: string, row: string): Uint8Array {
  return new TextEncoder().encode(`${table}|${row}|v1`);
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
