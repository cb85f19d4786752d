/**
 * The beginning of a backup file: what it is, its version, and for whom it is. It is readable by anybody but cannot be changed, because
 * the key of all that follows is derived from it.
 *
 *     "edge-relay backup\n"  length (4 bytes)  header (JSON)  chunks (chunks.ts)
 */

import { isObject, parse } from "../../ground/json.ts";
import { utf8 } from "../../ground/utf8.ts";
import type { Result } from "../../vocabulary.ts";
import { box, type Recipient, readRecipient, unbox } from "./recipient.ts";

/** Grows when earlier readers could no longer read what is written. */
export const FORMAT = 1;

const MAGIC = utf8("edge-relay backup\n");
const LENGTH_BYTES = 4;
const MOST_BYTES = 16_384;
const FILE_KEY_PURPOSE = "file key";

export interface Header {
  format: number;
  /** The number of the newest migration that the relay had. */
  schema: number;
  /** ISO 8601. */
  made_at: string;
  /** The relay's origin, or empty if it was unknown. */
  relay: string;
  /** The extras that were asked for. */
  with: string[];
  recipient: Recipient;
  /** 32 random bytes, in a box for the recipient. */
  file_key: string;
}

export type NewHeader = Omit<Header, "format" | "file_key">;

export interface Begun {
  /** The file's first bytes. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Seals the file's chunks. A writer that works over several invocations stores it sealed. */
  fileKey: Uint8Array<ArrayBuffer>;
}

export async function beginFile(header: NewHeader): Promise<Begun> {
  const fileKey = crypto.getRandomValues(new Uint8Array(32));
  const file_key = await box(fileKey, header.recipient.public_key, FILE_KEY_PURPOSE);
  const json = utf8(JSON.stringify({ format: FORMAT, ...header, file_key } satisfies Header));
  const bytes = new Uint8Array(MAGIC.length + LENGTH_BYTES + json.length);
  bytes.set(MAGIC);
  new DataView(bytes.buffer).setUint32(MAGIC.length, json.length);
  bytes.set(json, MAGIC.length + LENGTH_BYTES);
  return { bytes, fileKey };
}

export type HeaderFault =
  | "not_a_backup"
  | "damaged"
  /** Made by a later version of the relay. */
  | "newer_format";

export interface ReadHeader {
  header: Header;
  /** The length of the file's beginning, up to its first chunk. */
  length: number;
}

/** Enough of a file's beginning to read its header. */
export const HEADER_AT_MOST = MAGIC.length + LENGTH_BYTES + MOST_BYTES;

/** `start`: the first bytes of a file, `HEADER_AT_MOST` of them or all there are. */
export function readHeader(start: Uint8Array): Result<ReadHeader, HeaderFault> {
  if (!MAGIC.every((byte, at) => start[at] === byte)) return { ok: false, refusal: "not_a_backup" };
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const from = MAGIC.length + LENGTH_BYTES;
  const length = start.byteLength >= from ? view.getUint32(MAGIC.length) : 0;
  if (length === 0 || length > MOST_BYTES || start.byteLength < from + length) return { ok: false, refusal: "damaged" };
  const header = parse(new TextDecoder().decode(start.subarray(from, from + length)));
  if (!isObject(header) || typeof header.format !== "number") return { ok: false, refusal: "damaged" };
  if (header.format > FORMAT) return { ok: false, refusal: "newer_format" };
  const recipient = readRecipient(header.recipient);
  const { format, schema, made_at, relay, file_key, with: extras } = header;
  if (!recipient || typeof schema !== "number" || typeof file_key !== "string")
    return { ok: false, refusal: "damaged" };
  if (typeof made_at !== "string" || typeof relay !== "string" || !isTexts(extras)) {
    return { ok: false, refusal: "damaged" };
  }
  return {
    ok: true,
    value: { header: { format, schema, made_at, relay, with: extras, recipient, file_key }, length: from + length },
  };
}

/** Takes the file's key out of its box; null if the box was changed. */
export function openFileKey({ file_key, recipient }: Header, own: CryptoKey): Promise<Uint8Array<ArrayBuffer> | null> {
  return unbox(file_key, own, recipient.public_key, FILE_KEY_PURPOSE);
}

/** The key of the chunks of the file that begins with exactly these bytes. */
export async function chunkKey(fileKey: Uint8Array<ArrayBuffer>, start: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey("raw", fileKey, "HKDF", false, ["deriveKey"]);
  const salt = await crypto.subtle.digest("SHA-256", start);
  const info = utf8("edge-relay backup chunks v1");
  const algorithm = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(salt), info };
  return crypto.subtle.deriveKey(algorithm, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}
