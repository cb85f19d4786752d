/**
 * Anthropic, and whatever else speaks Messages under a base URL of its own: the URL, the credential header, and
 * which of the client's headers go along. Nothing is added to make a request look like another client's.
 */
import type { Account } from "../store/snapshot.ts";

/** As accounts of the official API have it, normalised. */
const OFFICIAL = "https://api.anthropic.com";

/** The client's headers that the API knows; everything else, credentials and cookies first, stays here. */
const FORWARDED = new Set(["content-type", "accept", "user-agent", "x-app", "idempotency-key"]);
const FORWARDED_PREFIXES = ["anthropic-", "x-stainless-", "x-claude-code-"];

/** The URL for a Messages path such as `/v1/messages`, with the client's own query string. */
export function upstreamUrl(account: Account, path: string, search: string): string {
  return `${account.baseUrl}${path}${search}`;
}

/** Headers for the upstream: the client's known ones, the account's extra ones, and its credential. */
export function upstreamHeaders(account: Account, apiKey: string, client: Headers): Headers {
  const headers = new Headers();
  for (const [name, value] of client) {
    if (FORWARDED.has(name) || FORWARDED_PREFIXES.some((prefix) => name.startsWith(prefix))) headers.set(name, value);
  }
  for (const [name, value] of Object.entries(account.extraHeaders)) headers.set(name, value);
  headers.set("x-api-key", apiKey);
  // Compatible services disagree on where they look; the official API wants one credential only.
  if (account.baseUrl !== OFFICIAL) headers.set("authorization", `Bearer ${apiKey}`);
  // A compressed stream would be inflated here and buffered there; plain bytes pass natively.
  headers.set("accept-encoding", "identity");
  return headers;
}

/** Response headers a client can use. An upstream's cookies and infrastructure headers are none of its business. */
const RETURNED = new Set(["content-type", "request-id", "retry-after", "retry-after-ms", "x-should-retry"]);
const RETURNED_PREFIXES = ["anthropic-ratelimit-"];

export function clientHeaders(upstream: Headers): Headers {
  const headers = new Headers();
  for (const [name, value] of upstream) {
    if (RETURNED.has(name) || RETURNED_PREFIXES.some((prefix) => name.startsWith(prefix))) headers.set(name, value);
  }
  return headers;
}
