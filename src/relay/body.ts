/**
 * Reads a request body whole, inflated and bounded. The bytes are kept, not parsed: they go upstream as they came.
 */
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";
import type { Refusal } from "../refusal.ts";
import type { Result } from "../vocabulary.ts";

/**
 * A Worker has 128 MB for all that is in flight in its isolate, and the body is held for a replay on another account.
 * 50 MB is the largest body that any provider takes for a generation (OpenAI; Anthropic stops at 32 MB).
 */
export const MAX_BODY_BYTES = 50_000_000;

/** Codex compresses with zstd when logged in to ChatGPT (measured); the others are what HTTP clients can do. */
const DECODERS: Record<string, (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array> = {
  gzip: gunzipSync,
  "x-gzip": gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
};

/** The decoded body. Upstreams differ in what encodings they take, so it is always forwarded decoded. */
export async function readBody(request: Request): Promise<Result<Uint8Array, Refusal>> {
  const tooLarge: Result<Uint8Array, Refusal> = {
    ok: false,
    refusal: { reason: "body_too_large", limitBytes: MAX_BODY_BYTES },
  };
  const announced = request.headers.get("content-length");
  if (announced !== null && Number(announced) > MAX_BODY_BYTES) return tooLarge;
  const bytes = announced === null ? await readBounded(request.body) : new Uint8Array(await request.arrayBuffer());
  if (bytes === null || bytes.length > MAX_BODY_BYTES) return tooLarge;

  const encoding = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (encoding === "identity" || encoding === "") return { ok: true, value: bytes };
  const decode = DECODERS[encoding];
  if (!decode) return { ok: false, refusal: { reason: "encoding_unsupported", encoding } };
  try {
    return { ok: true, value: decode(bytes, { maxOutputLength: MAX_BODY_BYTES }) };
  } catch (error) {
    // workerd's way of saying that `maxOutputLength` was passed; Node's has a code for it, workerd's has none.
    if (error instanceof RangeError) return tooLarge;
    return { ok: false, refusal: { reason: "body_malformed", detail: `it is not valid ${encoding} data` } };
  }
}

/** A body of unknown length, or null once it passes the bound: a chunked upload must not fill the isolate. */
async function readBounded(body: ReadableStream<Uint8Array> | null): Promise<Uint8Array | null> {
  if (!body) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
