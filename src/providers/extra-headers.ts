/**
 * Which headers an account may add to its upstream requests: none that changes how a request is framed, where it is
 * routed, or as whom it is authenticated. Asked when an account is stored, and again for each request, so that a row
 * which somebody wrote past the API cannot send a key elsewhere under another `host`.
 */

/** Hop-by-hop (RFC 9110 §7.6.1), framing, and what tells an upstream where a request came from. */
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
const CREDENTIALS = /authorization|api-?key|cookie/;

/** Whether a name, in lower case, says as whom a request is authenticated. */
export function isCredential(name: string): boolean {
  return CREDENTIALS.test(name);
}

/** Whether a name, in lower case, is one that the relay itself sets or withholds. */
export function isOurs(name: string): boolean {
  return OURS.has(name) || OUR_PREFIXES.test(name);
}

export function mayBeAdded(name: string): boolean {
  const lower = name.toLowerCase();
  return !isOurs(lower) && !isCredential(lower);
}
