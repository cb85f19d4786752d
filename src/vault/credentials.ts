/**
 * Credentials of accounts as they are stored: sealed, with a fingerprint that tells one from another without opening
 * them. Only this file knows what a sealed text holds.
 */
import { toHex } from "../ground/hex.ts";
import { object, parse } from "../ground/json.ts";
import type { KeyCredential } from "../providers/kind.ts";
import { open, type Place, seal } from "./seal.ts";

/** Seals one credential for its place. */
export async function sealCredential(
  credential: KeyCredential,
  place: Place,
  encryptionKey: string,
): Promise<{ sealed: string; fingerprint: string }> {
  const text = textOf(credential);
  const [sealed, fingerprint] = await Promise.all([seal(text, place, encryptionKey), fingerprintOf(text)]);
  return { sealed, fingerprint };
}

/** The id of a stored credential: its fingerprint, or its nonce if it is from before there were fingerprints; no two share one. */
export function credentialId({ sealed, fingerprint }: { sealed: string; fingerprint: string }): string {
  return fingerprint === "" ? (sealed.split(".")[2] ?? sealed) : fingerprint;
}

/** Opens a credential. Throws if it was altered or moved, or sealed under another key or for another destination. */
export async function openCredential(sealed: string, place: Place, encryptionKey: string): Promise<KeyCredential> {
  const text = await open(sealed, place, encryptionKey);
  return text.startsWith(STRUCTURED) ? JSON.parse(text.slice(STRUCTURED.length)) : { type: "api-key", secret: text };
}

/** The fields that each type needs. */
const NEEDED: Record<KeyCredential["type"], readonly string[]> = {
  "api-key": ["secret"],
  aws: ["accessKeyId", "secretAccessKey", "region"],
  "service-account": ["clientEmail", "privateKey"],
};

/** The credential in a text that this relay has not sealed; null if it is none. */
export function credentialIn(text: string): KeyCredential | null {
  if (!text.startsWith(STRUCTURED)) return { type: "api-key", secret: text };
  const read = object(parse(text.slice(STRUCTURED.length)));
  if (!read || typeof read.type !== "string" || !Object.hasOwn(NEEDED, read.type)) return null;
  const needed = NEEDED[read.type as KeyCredential["type"]];
  const areTexts = Object.values(read).every((value) => typeof value === "string");
  return areTexts && needed.every((name) => read[name]) ? (read as unknown as KeyCredential) : null;
}

/** Begins the text of a credential that is more than a key. No key begins like this, because no key has a space. */
const STRUCTURED = "json ";

function textOf(credential: KeyCredential): string {
  const isKey = credential.type === "api-key" && credential.region === undefined;
  return isKey ? credential.secret : `${STRUCTURED}${JSON.stringify(credential)}`;
}

/** A short hash of a credential: what is remembered under it survives a new order of the keys, but not a new credential. */
export async function fingerprintOf(secret: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
  return toHex(new Uint8Array(digest, 0, 6));
}
