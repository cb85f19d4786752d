/**
 * Credentials of accounts as they are stored: sealed, with a fingerprint that tells one from another without opening
 * them. What a sealed text holds is known here alone.
 */
import { toHex } from "../ground/hex.ts";
import { object, parse } from "../ground/json.ts";
import type { KeyCredential } from "../providers/kind.ts";
import { open, type Place, seal } from "./seal.ts";

/** Of one credential, for its place. */
export async function sealCredential(
  credential: KeyCredential,
  place: Place,
  encryptionKey: string,
): Promise<{ sealed: string; fingerprint: string }> {
  const text = textOf(credential);
  const [sealed, fingerprint] = await Promise.all([seal(text, place, encryptionKey), fingerprintOf(text)]);
  return { sealed, fingerprint };
}

/** What a stored credential goes by. Those from before there were fingerprints go by their seal, which no two share. */
export function credentialId({ sealed, fingerprint }: { sealed: string; fingerprint: string }): string {
  return fingerprint === "" ? (sealed.split(".")[2] ?? sealed) : fingerprint;
}

/** Throws where it was altered or moved, or sealed under another key or for another destination. */
export async function openCredential(sealed: string, place: Place, encryptionKey: string): Promise<KeyCredential> {
  const text = await open(sealed, place, encryptionKey);
  return text.startsWith(STRUCTURED) ? JSON.parse(text.slice(STRUCTURED.length)) : { type: "api-key", secret: text };
}

/** What each type needs to be used. */
const NEEDED: Record<KeyCredential["type"], readonly string[]> = {
  "api-key": ["secret"],
  aws: ["accessKeyId", "secretAccessKey", "region"],
  "service-account": ["clientEmail", "privateKey"],
};

/** The same of a text that nobody here has sealed; null where it is no credential. */
export function credentialIn(text: string): KeyCredential | null {
  if (!text.startsWith(STRUCTURED)) return { type: "api-key", secret: text };
  const read = object(parse(text.slice(STRUCTURED.length)));
  if (!read || typeof read.type !== "string" || !Object.hasOwn(NEEDED, read.type)) return null;
  const needed = NEEDED[read.type as KeyCredential["type"]];
  const areTexts = Object.values(read).every((value) => typeof value === "string");
  return areTexts && needed.every((name) => read[name]) ? (read as unknown as KeyCredential) : null;
}

/** Before what is more than a key. No key begins so: none has a space. */
const STRUCTURED = "json ";

function textOf(credential: KeyCredential): string {
  const isKey = credential.type === "api-key" && credential.region === undefined;
  return isKey ? credential.secret : `${STRUCTURED}${JSON.stringify(credential)}`;
}

/** So that what is remembered of a credential survives a change of order, and not a change of the credential. */
export async function fingerprintOf(secret: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
  return toHex(new Uint8Array(digest, 0, 6));
}
