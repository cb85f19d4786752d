/**
 * For whom a backup is: an X25519 key pair whose private half is stored beside it, sealed under a passphrase. Anybody with the public
 * half can write for the recipient; only somebody who knows the passphrase can read. So neither the relay nor an unattended machine ever
 * holds what opens a backup, and the passphrase never leaves the machine that reads one.
 *
 * A box is what age makes for an X25519 recipient (C2SP age, "X25519 recipient stanza"), but with AES-256-GCM: an ephemeral key agrees
 * with the recipient's, and HKDF derives a key from that, which is used once. The purpose of a box is part of that key.
 */

import { fromBase64url, toBase64url } from "../../ground/base64url.ts";
import { joined } from "../../ground/bytes.ts";
import { isObject } from "../../ground/json.ts";
import { utf8 } from "../../ground/utf8.ts";

/** How the passphrase becomes a key (RFC 7914). */
export interface Scrypt {
  name: "scrypt";
  n: number;
  r: number;
  p: number;
  /** Base64url. */
  salt: string;
}

export interface Recipient {
  /** 32 bytes, base64url. */
  public_key: string;
  kdf: Scrypt;
  /** The private half, sealed under the key derived from the passphrase. */
  private_key: string;
}

/** Derives 32 bytes from a passphrase. The platform provides this function. */
export type Derive = (kdf: Scrypt) => Promise<Uint8Array<ArrayBuffer>>;

/** The most that a foreign file may cost the machine that reads it: 1 GiB, and about ten seconds. */
const MOST = { n: 2 ** 20, r: 8, p: 4 } as const;

const X25519 = { name: "X25519" } as const;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;

/** A new pair. Derives a key from the passphrase once. */
export async function makeRecipient(kdf: Scrypt, derive: Derive): Promise<Recipient> {
  const pair = (await crypto.subtle.generateKey(X25519, true, ["deriveBits"])) as CryptoKeyPair;
  const [public_key, pkcs8] = await Promise.all([
    rawOf(pair.publicKey),
    crypto.subtle.exportKey("pkcs8", pair.privateKey) as Promise<ArrayBuffer>,
  ]);
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const key = await aesKey(await derive(kdf), "encrypt");
  const algorithm = { name: "AES-GCM", iv: nonce, additionalData: bindingOf(public_key, kdf) };
  const cipher = await crypto.subtle.encrypt(algorithm, key, pkcs8);
  return { public_key, kdf, private_key: toBase64url(joined([nonce, new Uint8Array(cipher)])) };
}

/** The private half; null if the passphrase is wrong. */
export async function unlock(recipient: Recipient, derive: Derive): Promise<CryptoKey | null> {
  const { public_key, kdf, private_key } = recipient;
  const sealed = fromBase64url(private_key);
  const key = await aesKey(await derive(kdf), "decrypt");
  const algorithm = {
    name: "AES-GCM",
    iv: sealed.subarray(0, NONCE_BYTES),
    additionalData: bindingOf(public_key, kdf),
  };
  try {
    const pkcs8 = await crypto.subtle.decrypt(algorithm, key, sealed.subarray(NONCE_BYTES));
    return await crypto.subtle.importKey("pkcs8", pkcs8, X25519, false, ["deriveBits"]);
  } catch {
    return null;
  }
}

/** An unknown value as a recipient; null if it is none, or would cost more than any machine should spend. */
export function readRecipient(value: unknown): Recipient | null {
  if (!isObject(value) || !isObject(value.kdf)) return null;
  const { public_key, private_key, kdf } = value;
  const { name, n, r, p, salt } = kdf;
  if (!isPublicKey(public_key) || !isBase64url(private_key, 200) || name !== "scrypt" || !isBase64url(salt, 100)) {
    return null;
  }
  const isPower = typeof n === "number" && Number.isSafeInteger(n) && n >= 2 && (n & (n - 1)) === 0;
  if (!isPower || n > MOST.n || !within(r, MOST.r) || !within(p, MOST.p)) return null;
  return { public_key, kdf: { name, n, r, p, salt }, private_key };
}

export function isPublicKey(value: unknown): value is string {
  return isBase64url(value, 43) && value.length === 43;
}

/** A recipient as one line, for a setting of the Worker. */
export function recipientText(recipient: Recipient): string {
  return `${TEXT_PREFIX}${toBase64url(utf8(JSON.stringify(recipient)))}`;
}

/** Null if the text is no recipient. */
export function recipientIn(text: string): Recipient | null {
  if (!text.startsWith(TEXT_PREFIX)) return null;
  try {
    return readRecipient(JSON.parse(new TextDecoder().decode(fromBase64url(text.slice(TEXT_PREFIX.length).trim()))));
  } catch {
    return null;
  }
}

const TEXT_PREFIX = "edge-relay-backup.";

/** Seals `plain` so that only the recipient can open it, and only for this purpose. Throws if the public key is invalid. */
export async function box(plain: Uint8Array<ArrayBuffer>, publicKey: string, purpose: string): Promise<string> {
  const theirs = await crypto.subtle.importKey("raw", fromBase64url(publicKey), X25519, false, []);
  const pair = (await crypto.subtle.generateKey(X25519, true, ["deriveBits"])) as CryptoKeyPair;
  const ephemeral = await rawOf(pair.publicKey);
  const key = await agreed({ own: pair.privateKey, theirs, ephemeral, recipient: publicKey, purpose }, "encrypt");
  const cipher = await crypto.subtle.encrypt(ONE_USE, key, plain);
  return toBase64url(joined([fromBase64url(ephemeral), new Uint8Array(cipher)]));
}

/** The content of a box; null if it was changed, or belongs to another recipient or purpose. */
export async function unbox(
  boxed: string,
  privateKey: CryptoKey,
  publicKey: string,
  purpose: string,
): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    const bytes = fromBase64url(boxed);
    const ephemeral = bytes.subarray(0, KEY_BYTES);
    const theirs = await crypto.subtle.importKey("raw", ephemeral, X25519, false, []);
    const agreement = { own: privateKey, theirs, ephemeral: toBase64url(ephemeral), recipient: publicKey, purpose };
    const key = await agreed(agreement, "decrypt");
    return new Uint8Array(await crypto.subtle.decrypt(ONE_USE, key, bytes.subarray(KEY_BYTES)));
  } catch {
    return null;
  }
}

/** The key of a box seals only one text, so its nonce may always be the same. */
const ONE_USE = { name: "AES-GCM", iv: new Uint8Array(NONCE_BYTES) };

/** What the key of a box is derived from: one side's private key, the other's public one, both public halves and the purpose. */
interface Agreement {
  own: CryptoKey;
  theirs: CryptoKey;
  ephemeral: string;
  recipient: string;
  purpose: string;
}

async function agreed(
  { own, theirs, ephemeral, recipient, purpose }: Agreement,
  usage: "encrypt" | "decrypt",
): Promise<CryptoKey> {
  const shared = await crypto.subtle.deriveBits({ name: "X25519", public: theirs } as never, own, 256);
  const base = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const algorithm = {
    name: "HKDF",
    hash: "SHA-256",
    salt: joined([fromBase64url(ephemeral), fromBase64url(recipient)]),
    info: utf8(`edge-relay box v1 ${purpose}`),
  };
  return crypto.subtle.deriveKey(algorithm, base, { name: "AES-GCM", length: 256 }, false, [usage]);
}

async function rawOf(key: CryptoKey): Promise<string> {
  return toBase64url(new Uint8Array((await crypto.subtle.exportKey("raw", key)) as ArrayBuffer));
}

function aesKey(bytes: Uint8Array<ArrayBuffer>, usage: "encrypt" | "decrypt"): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes, { name: "AES-GCM" }, false, [usage]);
}

/** A private half opens only together with its own public half and parameters. */
function bindingOf(publicKey: string, { name, n, r, p, salt }: Scrypt): Uint8Array<ArrayBuffer> {
  return utf8(JSON.stringify(["edge-relay recipient v1", publicKey, name, n, r, p, salt]));
}

function isBase64url(value: unknown, longest: number): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= longest && /^[\w-]+$/.test(value);
}

function within(value: unknown, most: number): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1 && value <= most;
}
