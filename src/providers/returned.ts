/** Which of an upstream's headers a client gets. */
import { pick } from "./forwarded.ts";

/** Response headers that a client can use. An upstream's cookies and infrastructure headers are not passed on. */
const RETURNED = [
  "content-type",
  "request-id",
  "retry-after",
  "x-should-retry",
  "anthropic-",
  "x-codex-",
  "x-models-etag",
  "x-reasoning-included",
  "openai-model",
  "openai-processing-ms",
  "openai-version",
];
/**
 * Except headers about the account: many keys share its quota, and clients would take it for their own; and only the operator may know
 * whose account it is. protocols/limits.ts writes the headers about a key's own limits.
 */
const OF_THE_ACCOUNT =
  /^anthropic-(?:ratelimit-|organization-id$)|^x-codex-(?:.*(?:primary|secondary|credits)-|plan-type$|limit-name$|active-limit$|promo-message$|rate-limit-)/;

export function clientHeaders(upstream: Headers): Headers {
  return pick(upstream, RETURNED, (name) => !OF_THE_ACCOUNT.test(name));
}
