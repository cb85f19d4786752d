import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import { ANTHROPIC_API_KEY } from "../../src/providers/anthropic/api-key.ts";
import { apiKeyPlace, credentialPlace } from "../../src/vault/places.ts";
import { open, type Place, seal } from "../../src/vault/seal.ts";

const OLD = "old-encryption-key-0123456789abcdef0123456789";
const NEW = "new-encryption-key-0123456789abcdef0123456789";

const OFFICIAL = { id: "acc_1", kind: ANTHROPIC_API_KEY, baseUrl: "https://api.anthropic.com" };
const PLACE = credentialPlace(OFFICIAL, 0);

/** An envelope as it was made before seals named their destination: bound to table and row alone. */
async function sealV1(plain: string, { table, row }: Place): Promise<string> {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const base = await crypto.subtle.importKey("raw", bytes(NEW), "HKDF", false, ["deriveKey", "deriveBits"]);
  const hkdf = (info: string) => ({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: bytes(info) });
  const key = await crypto.subtle.deriveKey(hkdf("edge-relay seal v1"), base, { name: "AES-GCM", length: 256 }, false, [
    "encrypt",
  ]);
  const id = await crypto.subtle.deriveBits(hkdf("edge-relay seal id v1"), base, 48);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const additionalData = bytes(`${table}|${row}|v1`);
  const cipher = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, bytes(plain));
  const text = (buffer: ArrayBuffer | Uint8Array) => Buffer.from(new Uint8Array(buffer)).toString("base64url");
  return `v1.${text(id)}.${text(iv)}.${text(cipher)}`;
}

describe("sealed values", () => {
  test("open in their own place, and differ each time they are sealed", async () => {
    const sealed = await seal("sk-secret-✓", PLACE, NEW);
    expect(await open(sealed, PLACE, NEW)).toBe("sk-secret-✓");
    expect(sealed).not.toContain("secret");
    expect(await seal("sk-secret-✓", PLACE, NEW)).not.toBe(sealed);
  });

  test.each([
    ["in another row", credentialPlace({ ...OFFICIAL, id: "acc_2" }, 0)],
    ["at another position", credentialPlace(OFFICIAL, 1)],
    ["in another table", { ...PLACE, table: "api_keys" }],
    ["for another host", credentialPlace({ ...OFFICIAL, baseUrl: "https://api.anthropic.com.evil.test" }, 0)],
    ["for another port", credentialPlace({ ...OFFICIAL, baseUrl: "https://api.anthropic.com:8443" }, 0)],
    ["without TLS", credentialPlace({ ...OFFICIAL, baseUrl: "http://api.anthropic.com" }, 0)],
    [
      "behind a name that only looks like it",
      credentialPlace({ ...OFFICIAL, baseUrl: "https://api.anthropic.com@evil.test" }, 0),
    ],
  ])("do not open %s", async (_, place) => {
    const sealed = await seal("sk-secret", PLACE, NEW);
    await expect(open(sealed, place, NEW)).rejects.toThrow();
  });

  test("open after a change of path, which leads to nobody else", async () => {
    const sealed = await seal("sk-secret", PLACE, NEW);
    const elsewhere = credentialPlace({ ...OFFICIAL, baseUrl: "https://api.anthropic.com/beta" }, 0);
    expect(await open(sealed, elsewhere, NEW)).toBe("sk-secret");
  });

  test("do not open after a change of path on a host whose paths belong to different customers", async () => {
    const at = (path: string) =>
      credentialPlace({ ...OFFICIAL, baseUrl: `https://gateway.ai.cloudflare.com/v1/${path}/anthropic` }, 0);
    const sealed = await seal("sk-secret", at("mine/gateway"), NEW);
    expect(await open(sealed, at("mine/gateway"), NEW)).toBe("sk-secret");
    await expect(open(sealed, at("theirs/gateway"), NEW)).rejects.toThrow();
  });

  test("altered anywhere, they are an error and never the raw bytes", async () => {
    const sealed = await seal("sk-secret", PLACE, NEW);
    for (const altered of [sealed.slice(0, -2), `${sealed}AA`, sealed.replace("v2", "v1"), "sk-secret", ""]) {
      await expect(open(altered, PLACE, NEW)).rejects.toThrow();
    }
  });

  test("sealed under an old key they open while it is listed", async () => {
    const sealed = await seal("sk-secret", PLACE, OLD);
    expect(await open(sealed, PLACE, `${NEW},${OLD}`)).toBe("sk-secret");
    await expect(open(sealed, PLACE, NEW)).rejects.toThrow("not configured");
  });

  test("are not made or opened with a ring that has a short part, such as a key with a comma in it", async () => {
    const sealed = await seal("sk-secret", PLACE, NEW);
    for (const ring of [`ab,${NEW}`, `${NEW},`, `${NEW},ab`, "", ","]) {
      await expect(seal("sk-secret", PLACE, ring)).rejects.toThrow("ENCRYPTION_KEY");
      await expect(open(sealed, PLACE, ring)).rejects.toThrow("ENCRYPTION_KEY");
    }
  });
});

describe("values sealed before seals named their destination", () => {
  test("open where the account is at its platform's own API, and as relay keys", async () => {
    expect(await open(await sealV1("sk-secret", PLACE), PLACE, NEW)).toBe("sk-secret");
    const place = apiKeyPlace("0123");
    expect(await open(await sealV1("cr_secret", place), place, NEW)).toBe("cr_secret");
  });

  test("do not open anywhere else, where somebody may have redirected them", async () => {
    const sealed = await sealV1("sk-secret", PLACE);
    for (const baseUrl of ["https://gateway.example.com", "http://api.anthropic.com", "https://api.openai.com/v1"]) {
      await expect(open(sealed, credentialPlace({ ...OFFICIAL, baseUrl }, 0), NEW)).rejects.toThrow("entered again");
    }
  });
});
