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

/** How the kinds of accounts say who asks: the provider's business, which what stands in between hands on. */
const OF_THE_REQUEST: ReadonlySet<string> = new Set([
  ...["authorization", "x-api-key", "api-key", "x-goog-api-key", "chatgpt-account-id", "cookie"],
]);
/** What Cloudflare itself takes from whoever asks: AI Gateway, and a service token of Access. */
const OF_CLOUDFLARE = /^cf-(?:aig-|access-client-)/;

/** Whether a name, in lower case, may be one of the headers that a gateway or a binding wants: a credential of its own, too. */
export function mayGoToGateway(name: string): boolean {
  if (OF_CLOUDFLARE.test(name)) return true;
  return !isOurs(name) && !OF_THE_REQUEST.has(name) && !name.startsWith("x-amz-");
}

export function mayBeAdded(name: string): boolean {
  const lower = name.toLowerCase();
  return !isOurs(lower) && !isCredential(lower);
}
