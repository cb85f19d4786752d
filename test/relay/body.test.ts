/** Request bodies as they are read in workerd: whole, inflated piece by piece, and bounded. */
import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readBody } from "../../src/relay/body.ts";
import { UNCOUNTED } from "../../src/relay/body-hold.ts";

function requestOf(body: Uint8Array, encoding?: string): Request {
  const headers = encoding ? { "content-encoding": encoding } : {};
  // A stream has no announced length, as a body that comes in chunks.
  return new Request("https://relay.test/", { method: "POST", body: new Blob([body]).stream(), headers });
}

async function read(body: Uint8Array, encoding?: string) {
  const result = await readBody(requestOf(body, encoding), UNCOUNTED);
  return result.ok ? result.value : result.refusal;
}

const text = (length: number) =>
  new Uint8Array(Buffer.from("0123456789abcdef".repeat(Math.ceil(length / 16)).slice(0, length)));

const COMPRESSORS: [string, (raw: Uint8Array) => Uint8Array][] = [
  ["gzip", gzipSync],
  ["deflate", deflateSync],
  // The default, 11, takes seconds.
  ["br", (raw) => brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })],
  ["zstd", zstdCompressSync],
];

describe.each(COMPRESSORS)("a %s body", (encoding, compress) => {
  // 40,960 · 2^k is where workerd's synchronous zstd fails; its neighbours are where a mended one might.
  const sizes = [0, 1, 40_959, 40_960, 40_961, ...[1, 2, 3, 4, 5, 6, 7].map((k) => 40_960 * 2 ** k)];
  test.each(sizes)("of %i bytes comes out whole", async (size) => {
    const raw = text(size);
    expect(Buffer.compare(Buffer.from((await read(compress(raw), encoding)) as Uint8Array), Buffer.from(raw))).toBe(0);
  });

  test("that is cut short or damaged is refused as malformed", async () => {
    const whole = compress(text(50_000));
    const cut = whole.slice(0, whole.length - 5);
    expect(await read(cut, encoding)).toMatchObject({ reason: "body_malformed" });
    expect(await read(text(200), encoding)).toMatchObject({ reason: "body_malformed" });
  });

  test("that would fill the memory is refused long before it has", async () => {
    const bomb = compress(new Uint8Array(49_000_000));
    let taken = 0;
    const take = (bytes: number) => {
      taken += bytes;
      return true;
    };
    const hold = { ...UNCOUNTED, take };
    const result = await readBody(requestOf(bomb, encoding), hold);
    expect(result).toMatchObject({ ok: false, refusal: { reason: "body_too_large" } });
    expect(taken).toBeLessThan(10_000_000);
  });
});

/** A frame that holds no data, as some encoders write one for their own use. */
const SKIPPABLE = Uint8Array.of(0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3);

test.each([[[100, 50]], [[40_960, 70_000, 1]], [[70_000, 81_920, 40_960]]])(
  "all frames of a zstd body and all members of a gzip body are read: %j",
  async (sizes) => {
    const parts = sizes.map(text);
    const whole = Buffer.concat(parts).toString();
    const gzip = Buffer.concat(parts.map((part) => gzipSync(part)));
    const zstd = Buffer.concat([SKIPPABLE, ...parts.flatMap((part) => [zstdCompressSync(part), SKIPPABLE])]);
    expect(Buffer.from((await read(gzip, "gzip")) as Uint8Array).toString()).toBe(whole);
    expect(Buffer.from((await read(zstd, "zstd")) as Uint8Array).toString()).toBe(whole);
  },
);

test("a zstd frame that does not tell its size is read to its last block, whatever its blocks are", async () => {
  // Made by hand: a raw block of three bytes, then a block that repeats one byte five times.
  const header = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58];
  const raw = [(3 << 3) | 0, 0, 0, 0x61, 0x62, 0x63];
  const repeated = [(5 << 3) | (1 << 1) | 1, 0, 0, 0x7a];
  const frame = Uint8Array.from([...header, ...raw, ...repeated]);
  const two = Buffer.concat([frame, frame]);
  expect(Buffer.from((await read(two, "zstd")) as Uint8Array).toString()).toBe("abczzzzzabczzzzz");
});

test("a body that compresses well is read whole as far as real ones go", async () => {
  // A log of one line, repeated with its number: it inflates some fifteenfold.
  const lines = Array.from({ length: 200_000 }, (_, index) => `2026-11-20T10:00:00Z GET /v1/messages 200 ${index} ms`);
  const raw = Buffer.from(JSON.stringify(lines.join("\n")));
  expect(raw.length).toBeGreaterThan(8_000_000);
  // Not zstd: workerd's own compressor fails on data like this.
  for (const [encoding, compress] of [["gzip", gzipSync] as const, ["deflate", deflateSync] as const]) {
    expect(((await read(compress(raw), encoding)) as Uint8Array).length).toBe(raw.length);
  }
});

test("an endless body is refused when it has passed the bound", async () => {
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1_000_000)),
  });
  const request = new Request("https://relay.test/", { method: "POST", body: endless });
  expect(await readBody(request, UNCOUNTED)).toMatchObject({ ok: false, refusal: { reason: "body_too_large" } });
});

test.each(["7, 7", "-7", "seven"])(
  "a length of %s announces nothing: what is held is counted as it comes",
  async (length) => {
    const taken: number[] = [];
    const hold = { take: (bytes: number) => taken.push(bytes) > 0, release: () => undefined };
    const request = new Request("https://relay.test/", {
      method: "POST",
      body: new Blob(["seven b"]).stream(),
      headers: { "content-length": length },
    });
    expect(await readBody(request, hold)).toMatchObject({ ok: true });
    expect(taken).toEqual([7]);
  },
);
