/**
 * The chunks of a backup file, in the manner of STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015). Each is sealed with its number and
 * with whether it is the last. So a reader notices if a chunk was changed, left out, repeated, moved, cut off or added at the end.
 *
 *     length of the rest (4 bytes)  nonce (12)  AES-256-GCM of gzip(text)
 *
 * The nonce is random and not the number: a writer that works over several invocations may have to seal a number again after a crash.
 */
import { joined } from "../../ground/bytes.ts";
import { utf8 } from "../../ground/utf8.ts";
import type { Result } from "../../vocabulary.ts";

export const LENGTH_BYTES = 4;
/** A page is far smaller. A reader holds one chunk in memory. */
export const MOST_CHUNK_BYTES = 16 * 1024 * 1024;
/** The size to which a chunk may inflate. */
const MOST_TEXT_BYTES = 64 * 1024 * 1024;

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A whole chunk, with its length in front. `index` counts from 0. */
export async function sealChunk(
  key: CryptoKey,
  index: number,
  isLast: boolean,
  text: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const plain = await through(new CompressionStream("gzip"), utf8(text), MOST_CHUNK_BYTES);
  const algorithm = { name: "AES-GCM", iv: nonce, additionalData: bindingOf(index, isLast) };
  const cipher = new Uint8Array(await crypto.subtle.encrypt(algorithm, key, plain));
  const bytes = new Uint8Array(LENGTH_BYTES + NONCE_BYTES + cipher.length);
  new DataView(bytes.buffer).setUint32(0, NONCE_BYTES + cipher.length);
  bytes.set(nonce, LENGTH_BYTES);
  bytes.set(cipher, LENGTH_BYTES + NONCE_BYTES);
  return bytes;
}

export type ChunkFault =
  /** Changed, moved, or from another file. */
  | "damaged"
  /** The file ends before its last chunk. */
  | "truncated"
  /** Something follows the last chunk. */
  | "extended";

/** The length of what follows a chunk's first four bytes; null if no chunk is that long. */
export function chunkLength(lengthBytes: Uint8Array): number | null {
  const length = new DataView(lengthBytes.buffer, lengthBytes.byteOffset, LENGTH_BYTES).getUint32(0);
  return length > NONCE_BYTES + TAG_BYTES && length <= MOST_CHUNK_BYTES ? length : null;
}

/** The text of a chunk, which is given without its length. `isLast`: nothing follows it in the file. */
export async function openChunk(
  key: CryptoKey,
  index: number,
  isLast: boolean,
  chunk: Uint8Array<ArrayBuffer>,
): Promise<Result<string, ChunkFault>> {
  const plain = await decrypted(key, index, isLast, chunk);
  if (plain === null) {
    // The chunk is refused in any case. This decides only how.
    if ((await decrypted(key, index, !isLast, chunk)) === null) return { ok: false, refusal: "damaged" };
    return { ok: false, refusal: isLast ? "truncated" : "extended" };
  }
  const text = await through(new DecompressionStream("gzip"), plain, MOST_TEXT_BYTES);
  return { ok: true, value: new TextDecoder().decode(text) };
}

async function decrypted(
  key: CryptoKey,
  index: number,
  isLast: boolean,
  chunk: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const iv = chunk.subarray(0, NONCE_BYTES);
  try {
    const algorithm = { name: "AES-GCM", iv, additionalData: bindingOf(index, isLast) };
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, chunk.subarray(NONCE_BYTES)));
  } catch {
    return null;
  }
}

function bindingOf(index: number, isLast: boolean): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(9);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(index));
  view.setUint8(8, isLast ? 1 : 0);
  return bytes;
}

/** Passes all of `bytes` through a stream that changes their size. Throws if the result is larger than `most`. */
async function through(
  stream: CompressionStream | DecompressionStream,
  bytes: Uint8Array<ArrayBuffer>,
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const writer = stream.writable.getWriter();
  // A failure appears where the stream is read.
  void writer
    .write(bytes)
    .then(() => writer.close())
    .catch(() => undefined);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const part of stream.readable as unknown as AsyncIterable<Uint8Array<ArrayBuffer>>) {
    length += part.byteLength;
    if (length > most) throw new Error(`A chunk of a backup is larger than ${most} bytes`);
    parts.push(part);
  }
  return joined(parts);
}
