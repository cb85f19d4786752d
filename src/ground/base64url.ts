const PORTION = 32_768;

/** Base64url without padding (RFC 4648 §5), both ways. `fromBase64url` throws if the text is none. */
export function toBase64url(bytes: Uint8Array): string {
  let binary = "";
  // In portions, because a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += PORTION) {
    binary += String.fromCharCode(...bytes.subarray(at, at + PORTION));
  }
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}
