/**
 * Reads a request body whole, inflated and bounded. The bytes are kept, not parsed: they go upstream as they came.
 */
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import { joined } from "../ground/bytes.ts";
import type { Refusal } from "../refusal.ts";
import type { Result } from "../vocabulary.ts";
import { type BodyHold, TOO_MUCH_HELD } from "./body-hold.ts";
import { zstdFrames } from "./zstd-frames.ts";

/**
 * An isolate has 128 MB for all that is in flight in it, and a body is held so that it can be sent to another account.
 * 50 MB is the largest body that any provider takes for a generation (OpenAI; Anthropic stops at 32 MB).
 */
export const MAX_BODY_BYTES = 50_000_000;
/**
 * A body may inflate to so many bytes whatever its compressed size, and beyond that to so many times its compressed size.
 * Conversations inflate to three to ten times their size, logs to some thirty times; what inflates a thousandfold is made to fill memory.
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
export async function readBody(request: Request, hold: BodyHold): Promise<Result<Uint8Array, Refusal>> {
  const length = request.headers.get("content-length") ?? "";
  // A length that is no plain number (the header came twice) counts as missing: it could not be counted by.
  const announced = /^\d+$/.test(length) ? Number(length) : null;
  if (announced !== null && announced > MAX_BODY_BYTES) return TOO_LARGE;
  const encoding = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (encoding === "identity" || encoding === "") {
    if (announced === null) return gather(request.body ?? [], hold);
    if (!hold.take(announced)) return TOO_MUCH_HELD;
    return { ok: true, value: new Uint8Array(await request.arrayBuffer()) };
  }
  const decoder = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding]?.() : undefined;
  if (!decoder) return { ok: false, refusal: { reason: "encoding_unsupported", encoding } };
  if (encoding !== "zstd") return inflated(request.body ?? [], decoder, encoding, hold);
  const compressed = await gather(request.body ?? [], hold);
  return compressed.ok ? inflated(zstdFrames(compressed.value), decoder, encoding, hold) : compressed;
}

type Pieces = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Inflates piece by piece, and stops as soon as it is too much. */
async function inflated(
  body: Pieces,
  decoder: Duplex,
  encoding: string,
  hold: BodyHold,
): Promise<Result<Uint8Array, Refusal>> {
  let compressed = 0;
  let whole: Result<Uint8Array, Refusal> | undefined;
  async function* counted() {
    for await (const piece of body) {
      compressed += piece.length;
      yield piece;
    }
  }
  const mostBytes = () => Math.max(FREELY_INFLATED_BYTES, compressed * MAX_INFLATION);
  try {
    await pipeline(counted, decoder, async (pieces: AsyncIterable<Uint8Array>) => {
      whole = await gather(pieces, hold, mostBytes);
    });
  } catch {
    // Giving a stream up in the middle may reject too; then `whole` says why it was given up.
    if (!whole || whole.ok) {
      return { ok: false, refusal: { reason: "body_malformed", detail: `it is not valid ${encoding} data` } };
    }
  }
  return whole ?? TOO_LARGE;
}

/** Joins the pieces. Refuses as soon as they are more than is allowed, or more than the isolate has room for. */
async function gather(
  pieces: Pieces,
  hold: BodyHold,
  mostBytes = () => MAX_BODY_BYTES,
): Promise<Result<Uint8Array, Refusal>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces) {
    length += piece.length;
    if (length > Math.min(MAX_BODY_BYTES, mostBytes())) return TOO_LARGE;
    if (!hold.take(piece.length)) return TOO_MUCH_HELD;
    chunks.push(piece);
  }
  return { ok: true, value: joined(chunks) };
}
