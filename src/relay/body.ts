/**
 * Reads a request body whole, inflated and bounded. The bytes are kept, not parsed: they go upstream as they came.
 */
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import type { Refusal } from "../refusal.ts";
import type { Result } from "../vocabulary.ts";
import { zstdFrames } from "./zstd-frames.ts";

/**
 * A Worker has 128 MB for all that is in flight in its isolate, and the body is held for a replay on another account.
 * 50 MB is the largest body that any provider takes for a generation (OpenAI; Anthropic stops at 32 MB).
 */
export const MAX_BODY_BYTES = 50_000_000;
/**
 * A body may inflate to this whatever its compressed size, and beyond it by this factor. Conversations inflate to three
 * to ten times their size, logs to some thirty times; what inflates a thousandfold is made to fill memory.
 */
const FREELY_INFLATED_BYTES = 8_000_000;
const MAX_INFLATION = 64;

/**
 * Codex compresses with zstd when logged in to ChatGPT (measured); the others are what HTTP clients can do. As streams:
 * they stop in the middle, and workerd's `zstdDecompressSync` throws on valid data of exactly 40,960 · 2^k bytes
 * (1.20261117.1), where `createZstdDecompress` is right.
 */
const DECODERS: Record<string, () => Duplex> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

const TOO_LARGE: Result<never, Refusal> = {
  ok: false,
  refusal: { reason: "body_too_large", limitBytes: MAX_BODY_BYTES },
};

/** The decoded body. Upstreams differ in what encodings they take, so it is always forwarded decoded. */
export async function readBody(request: Request): Promise<Result<Uint8Array, Refusal>> {
  const announced = request.headers.get("content-length");
  if (announced !== null && Number(announced) > MAX_BODY_BYTES) return TOO_LARGE;
  const encoding = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (encoding === "identity" || encoding === "") {
    if (announced !== null) return { ok: true, value: new Uint8Array(await request.arrayBuffer()) };
    const gathered = await gather(request.body ?? [], () => true);
    return gathered ? { ok: true, value: gathered } : TOO_LARGE;
  }
  const decoder = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding]?.() : undefined;
  if (!decoder) return { ok: false, refusal: { reason: "encoding_unsupported", encoding } };
  if (encoding !== "zstd") return inflated(request.body ?? [], decoder, encoding);
  const compressed = await gather(request.body ?? [], () => true);
  return compressed ? inflated(zstdFrames(compressed), decoder, encoding) : TOO_LARGE;
}

type Pieces = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Inflates piece by piece, and stops as soon as it is too much. */
async function inflated(body: Pieces, decoder: Duplex, encoding: string): Promise<Result<Uint8Array, Refusal>> {
  let compressed = 0;
  let whole: Uint8Array | null | undefined;
  async function* counted() {
    for await (const piece of body) {
      compressed += piece.length;
      yield piece;
    }
  }
  const plausible = (length: number) => length <= Math.max(FREELY_INFLATED_BYTES, compressed * MAX_INFLATION);
  try {
    await pipeline(counted, decoder, async (pieces: AsyncIterable<Uint8Array>) => {
      whole = await gather(pieces, plausible);
    });
  } catch {
    // A stream that was given up in the middle may reject too; then `whole` is null.
    if (whole !== null) {
      return { ok: false, refusal: { reason: "body_malformed", detail: `it is not valid ${encoding} data` } };
    }
  }
  return whole ? { ok: true, value: whole } : TOO_LARGE;
}

/** All pieces as one, or null once they pass the bound or `goesOn` says no to their length so far. */
async function gather(pieces: Pieces, goesOn: (length: number) => boolean): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces) {
    length += piece.length;
    if (length > MAX_BODY_BYTES || !goesOn(length)) return null;
    chunks.push(piece);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
