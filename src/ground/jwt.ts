/**
 * JWTs that the relay signs, in the compact form of RFC 7515. jose verifies them, because a token can be wrong in so many ways. A
 * signature is one call of Web Crypto, for which jose would add 7 kB to the Worker.
 */
import { fromBase64url, toBase64url } from "./base64url.ts";

/** RFC 7519; times in seconds since the epoch. */
export interface Claims {
  iss: string;
  sub?: string;
  aud?: string;
  jti?: string;
  iat: number;
  exp: number;
}

const ALGORITHMS = {
  HS256: { name: "HMAC", hash: "SHA-256" },
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
} as const;

/** A JWT signed with a secret that its verifier knows too. */
export async function signedWithSecret(secret: Uint8Array, claims: Claims): Promise<string> {
  const key = await crypto.subtle.importKey("raw", secret, ALGORITHMS.HS256, false, ["sign"]);
  return signed(key, { alg: "HS256", typ: "JWT" }, claims);
}

/** A JWT signed with an RSA key in PEM (`-----BEGIN PRIVATE KEY-----`, PKCS #8). Throws if `pem` is none. */
export async function signedWithKey(pem: string, claims: Claims, keyId: string | undefined): Promise<string> {
  const der = fromBase64url(pem.replace(/-----(?:BEGIN|END) PRIVATE KEY-----/g, ""));
  const key = await crypto.subtle.importKey("pkcs8", der, ALGORITHMS.RS256, false, ["sign"]);
  return signed(key, { alg: "RS256", typ: "JWT", ...(keyId !== undefined && { kid: keyId }) }, claims);
}

async function signed(key: CryptoKey, header: object, claims: Claims): Promise<string> {
  const text = `${encoded(header)}.${encoded(claims)}`;
  const signature = await crypto.subtle.sign(key.algorithm.name, key, new TextEncoder().encode(text));
  return `${text}.${toBase64url(new Uint8Array(signature))}`;
}

function encoded(value: object): string {
  return toBase64url(new TextEncoder().encode(JSON.stringify(value)));
}
