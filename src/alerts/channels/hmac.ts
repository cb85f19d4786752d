/** HMAC-SHA-256, in the form that services with signatures require. Pure. */

export async function hmacSha256(key: Uint8Array, message: string): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", Uint8Array.from(key), algorithm, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", imported, new TextEncoder().encode(message));
  return Buffer.from(signature).toString("base64");
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
