/**
 * Which headers an account may add to its upstream requests: none that changes how a request is framed, where it is routed, or as whom
 * it is authenticated. This is checked when an account is stored, and again for each request, so that a row that somebody wrote without
 * the API cannot send a key elsewhere under another `host`.
 */

import { isCredential } from "../keys/holds-api-key.ts";

/** Hop-by-hop headers (RFC 9110 §7.6.1), framing, and headers that tell an upstream where a request came from. */
const OURS = new Set([
  "accept-encoding",
  "cdn-loop",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "date",
  "expect",
  "forwarded",
  "host",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "via",
  "x-real-ip",
]);
const OUR_PREFIXES = /^(?:proxy-|x-forwarded-|cf-(?!aig-))/;
/** Whether a header (name in lower case) is one that the relay itself sets or withholds. */
export function isOurs(name: string): boolean {
  return OURS.has(name) || OUR_PREFIXES.test(name);
}

/** The headers in which kinds of accounts authenticate. They are meant for the provider, and a gateway passes them on. */
const OF_THE_REQUEST: ReadonlySet<string> = new Set([
  ...["authorization", "x-api-key", "api-key", "x-goog-api-key", "chatgpt-account-id", "cookie"],
]);
/** The headers in which Cloudflare itself authenticates: AI Gateway, and a service token of Access. */
const OF_CLOUDFLARE = /^cf-(?:aig-|access-client-)/;

/** Whether a header (name in lower case) may be one that a gateway or a binding requires, including its own credential. */
export function mayGoToGateway(name: string): boolean {
  if (OF_CLOUDFLARE.test(name)) return true;
  return !isOurs(name) && !OF_THE_REQUEST.has(name) && !name.startsWith("x-amz-");
}

export function mayBeAdded(name: string): boolean {
  const lower = name.toLowerCase();
  return !isOurs(lower) && !isCredential(lower);
}
