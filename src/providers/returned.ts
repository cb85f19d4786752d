/** Which of an upstream's headers a client gets. */
import { pick } from "./forwarded.ts";

/** Response headers a client can use. An upstream's cookies and infrastructure headers are none of its business. */
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
 * Except what they say of the account: its quota is shared by many keys, and clients take it for their own; whose it is
 * is the operator's business. A key's own limits are told in protocols/limits.ts.
 */
const OF_THE_ACCOUNT =
  /^anthropic-(?:ratelimit-|organization-id$)|^x-codex-(?:.*(?:primary|secondary|credits)-|plan-type$|limit-name$|active-limit$|promo-message$|rate-limit-)/;

export function clientHeaders(upstream: Headers): Headers {
  return pick(upstream, RETURNED, (name) => !OF_THE_ACCOUNT.test(name));
}
