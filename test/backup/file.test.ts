import { expect, test } from "vitest";
import { chunkLength, LENGTH_BYTES, openChunk, sealChunk } from "../../src/backup/file/chunks.ts";
import { beginFile, chunkKey, FORMAT, openFileKey, readHeader } from "../../src/backup/file/header.ts";
import {
  box,
  makeRecipient,
  readRecipient,
  recipientIn,
  recipientText,
  unbox,
  unlock,
} from "../../src/backup/file/recipient.ts";
import { toBase64url } from "../../src/ground/base64url.ts";
import { utf8 } from "../../src/ground/utf8.ts";

const KDF = { name: "scrypt", n: 16, r: 1, p: 1, salt: "c2FsdA" } as const;
/** Stands in for scrypt, which the Worker does not have and does not need. */
const from = (passphrase: string) => async () =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(passphrase)));

const recipient = await makeRecipient(KDF, from("a passphrase"));

async function unlocked(): Promise<CryptoKey> {
  const own = await unlock(recipient, from("a passphrase"));
  if (!own) throw new Error("The passphrase is right");
  return own;
}

test("only the passphrase that a recipient was made with unlocks it", async () => {
  expect(await unlock(recipient, from("a passphrase"))).not.toBeNull();
  expect(await unlock(recipient, from("another"))).toBeNull();
});

test("a private half beside another public half, or other parameters, does not open", async () => {
  const other = await makeRecipient(KDF, from("a passphrase"));
  const mixed = { ...recipient, public_key: other.public_key };
  const cheaper = { ...recipient, kdf: { ...KDF, n: 8 } };
  expect(await unlock(mixed, from("a passphrase"))).toBeNull();
  expect(await unlock(cheaper, from("a passphrase"))).toBeNull();
});

test("a recipient survives being written as one line", () => {
  expect(recipientIn(recipientText(recipient))).toEqual(recipient);
  expect(recipientIn(`${recipientText(recipient).slice(0, -9)}`)).toBeNull();
  expect(recipientIn("edge-relay-backup.")).toBeNull();
});

test("a recipient that asks for more memory than any machine should give is none", () => {
  for (const kdf of [{ n: 2 ** 21 }, { n: 1000 }, { r: 9 }, { p: 5 }, { p: 0 }, { name: "argon2" }, { salt: "" }]) {
    expect(readRecipient({ ...recipient, kdf: { ...KDF, ...kdf } })).toBeNull();
  }
});

test("a box opens for its recipient and its purpose alone, and not with a bit changed", async () => {
  const own = await unlocked();
  const boxed = await box(utf8("a secret"), recipient.public_key, "one thing");
  const open = (text: string, purpose = "one thing") => unbox(text, own, recipient.public_key, purpose);
  expect(new TextDecoder().decode((await open(boxed)) ?? undefined)).toBe("a secret");
  expect(await open(boxed, "another thing")).toBeNull();
  const other = await makeRecipient(KDF, from("a passphrase"));
  const otherOwn = await unlock(other, from("a passphrase"));
  expect(otherOwn && (await unbox(boxed, otherOwn, other.public_key, "one thing"))).toBeNull();
  for (const at of [0, 40, 60, boxed.length - 2]) {
    const changed = `${boxed.slice(0, at)}${boxed[at] === "A" ? "B" : "A"}${boxed.slice(at + 1)}`;
    expect(await open(changed), `changed at ${at}`).toBeNull();
  }
});

test("a box of 200 kB is made and opened", async () => {
  const text = utf8("x".repeat(200_000));
  const boxed = await box(text, recipient.public_key, "size");
  expect((await unbox(boxed, await unlocked(), recipient.public_key, "size"))?.length).toBe(text.length);
});

const HEADER = { schema: 24, made_at: "2026-11-27T00:00:00.000Z", relay: "https://relay.test", with: [], recipient };

test("a header is read back, and opens the file's key for whoever has the passphrase", async () => {
  const { bytes, fileKey } = await beginFile(HEADER);
  const read = readHeader(bytes);
  if (!read.ok) throw new Error(read.refusal);
  expect(read.value.length).toBe(bytes.length);
  expect(read.value.header).toMatchObject({ ...HEADER, format: FORMAT });
  expect(await openFileKey(read.value.header, await unlocked())).toEqual(fileKey);
});

test("a header that is cut, or of a later format, is refused by name", async () => {
  const { bytes } = await beginFile(HEADER);
  expect(readHeader(bytes.subarray(0, 3))).toEqual({ ok: false, refusal: "not_a_backup" });
  expect(readHeader(utf8("PK\x03\x04 something else, long enough"))).toEqual({ ok: false, refusal: "not_a_backup" });
  expect(readHeader(bytes.subarray(0, 20))).toEqual({ ok: false, refusal: "damaged" });
  expect(readHeader(bytes.subarray(0, -1))).toEqual({ ok: false, refusal: "damaged" });
  const later = bytes.slice();
  later[String.fromCharCode(...bytes).indexOf(`"format":${FORMAT}`) + 9] = "9".charCodeAt(0);
  expect(readHeader(later)).toEqual({ ok: false, refusal: "newer_format" });
});

test("chunks open in their order, and in no other file, place or end", async () => {
  const { bytes, fileKey } = await beginFile(HEADER);
  const key = await chunkKey(fileKey, bytes);
  const first = (await sealChunk(key, 0, false, "one")).subarray(LENGTH_BYTES);
  const last = (await sealChunk(key, 1, true, "two")).subarray(LENGTH_BYTES);
  expect(await openChunk(key, 0, false, first)).toEqual({ ok: true, value: "one" });
  expect(await openChunk(key, 1, true, last)).toEqual({ ok: true, value: "two" });
  expect(await openChunk(key, 1, false, first)).toEqual({ ok: false, refusal: "damaged" });
  expect(await openChunk(key, 0, true, first)).toEqual({ ok: false, refusal: "truncated" });
  expect(await openChunk(key, 1, false, last)).toEqual({ ok: false, refusal: "extended" });
  const another = bytes.slice();
  another[another.length - 3] = (another[another.length - 3] ?? 0) ^ 1;
  const otherKey = await chunkKey(fileKey, another);
  expect(await openChunk(otherKey, 0, false, first)).toEqual({ ok: false, refusal: "damaged" });
});

test("a chunk with any byte changed does not open", async () => {
  const key = await chunkKey(crypto.getRandomValues(new Uint8Array(32)), utf8("start"));
  const chunk = (await sealChunk(key, 7, false, JSON.stringify({ part: "accounts" }))).subarray(LENGTH_BYTES);
  for (let at = 0; at < chunk.length; at++) {
    const changed = chunk.slice();
    changed[at] = (changed[at] ?? 0) ^ 0x10;
    expect(await openChunk(key, 7, false, changed), `byte ${at}`).toEqual({ ok: false, refusal: "damaged" });
  }
});

test("the same chunk sealed again is other bytes: a writer that begins anew repeats no nonce", async () => {
  const key = await chunkKey(crypto.getRandomValues(new Uint8Array(32)), utf8("start"));
  const [a, b] = await Promise.all([sealChunk(key, 0, false, "same"), sealChunk(key, 0, false, "same")]);
  expect(toBase64url(a)).not.toBe(toBase64url(b));
});

test("no chunk is as long as a damaged length says", () => {
  expect(chunkLength(Uint8Array.of(0xff, 0xff, 0xff, 0xff))).toBeNull();
  expect(chunkLength(Uint8Array.of(0, 0, 0, 5))).toBeNull();
  expect(chunkLength(Uint8Array.of(0, 0, 1, 0))).toBe(256);
});
