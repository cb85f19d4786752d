/** The JWTs that the relay signs, as a library reads them. */
import { decodeProtectedHeader, importSPKI, jwtVerify } from "jose";
import { expect, it } from "vitest";
import { signedWithKey, signedWithSecret } from "../../src/ground/jwt.ts";

const CLAIMS = { iss: "relay", sub: "ä ö", aud: "you", jti: "1", iat: 1_700_000_000, exp: 1_700_000_060 };
const AT = { currentDate: new Date(1_700_000_030_000) };

it("verify with the secret that signed them, and with no other", async () => {
  const secret = new TextEncoder().encode("s".repeat(40));
  const token = await signedWithSecret(secret, CLAIMS);
  expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  const { payload, protectedHeader } = await jwtVerify(token, secret, { ...AT, algorithms: ["HS256"] });
  expect(payload).toEqual(CLAIMS);
  expect(protectedHeader).toEqual({ alg: "HS256", typ: "JWT" });
  await expect(jwtVerify(token, new TextEncoder().encode("t".repeat(40)), AT)).rejects.toThrow();
});

it("verify with the public half of the RSA key that signed them, which they name", async () => {
  const pair = (await crypto.subtle.generateKey(
    { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" },
    true,
    ["sign", "verify"],
  )) as CryptoKeyPair;
  const pemOf = async (format: "pkcs8" | "spki", key: CryptoKey, name: string) => {
    const der = new Uint8Array((await crypto.subtle.exportKey(format, key)) as ArrayBuffer);
    const lines = btoa(String.fromCharCode(...der)).match(/.{1,64}/g) ?? [];
    return `-----BEGIN ${name} KEY-----\n${lines.join("\n")}\n-----END ${name} KEY-----\n`;
  };
  const token = await signedWithKey(await pemOf("pkcs8", pair.privateKey, "PRIVATE"), CLAIMS, "key-1");
  expect(decodeProtectedHeader(token)).toEqual({ alg: "RS256", typ: "JWT", kid: "key-1" });
  const publicKey = await importSPKI(await pemOf("spki", pair.publicKey, "PUBLIC"), "RS256");
  expect((await jwtVerify(token, publicKey, { ...AT, algorithms: ["RS256"] })).payload).toEqual(CLAIMS);
});

it("are not made with what is no key", async () => {
  await expect(
    signedWithKey("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", CLAIMS, undefined),
  ).rejects.toThrow();
  await expect(signedWithKey("nothing", CLAIMS, undefined)).rejects.toThrow();
});
