/**
 * How each platform is addressed: the URL of a request, the header its credential goes into, and which headers of
 * the client and of the answer go along. Nothing is added to make a request look like another client's.
 */
import { holdsApiKey } from "../keys/holds-api-key.ts";
import type { Account } from "../pool/account.ts";
import type { Target } from "../pool/target.ts";
import { pathOfName } from "../protocols/model-name.ts";
import type { Found } from "../relay/routes.ts";
import type { Platform, Protocol } from "../vocabulary.ts";
import { OFFICIAL_BASE_URLS } from "./destination.ts";
import { mayBeAdded } from "./extra-headers.ts";

interface Provider {
  /** The client's headers that the API knows, and beginnings of such; everything else, credentials first, stays here. */
  forwarded: readonly string[];
  /** Where a request for an upstream path goes. */
  url: (account: Account, protocol: Protocol, path: string) => string;
  authorise: (headers: Headers, account: Account, apiKey: string) => void;
}

const COMMON = ["content-type", "accept", "user-agent", "idempotency-key", "x-stainless-"];
const MESSAGES_HEADERS = ["anthropic-", "x-app", "x-claude-code-"];
const OPENAI_HEADERS = [
  "openai-",
  "x-codex-",
  // Codex' newer bodies have their tools among the input, and say so here alone.
  "x-openai-internal-codex-",
  "x-client-request-id",
  "session-id",
  "session_id",
  "thread-id",
  "originator",
];

/**
 * Except those that say for whom a request is: the caller's own organisation and project belong to the caller's own key,
 * and on whose behalf the operator's works is the operator's to say, by an account's extra headers.
 */
const FOR_WHOM = [
  "openai-organization",
  "openai-project",
  "openai-platform",
  "anthropic-organization-id",
  "anthropic-workspace-id",
  "anthropic-user-profile-id",
];

const PROVIDERS: Partial<Record<Platform, Provider>> = {
  anthropic: {
    forwarded: [...COMMON, ...MESSAGES_HEADERS],
    url: (account, _, path) => `${account.baseUrl}${path}`,
    authorise: (headers, account, apiKey) => {
      headers.set("x-api-key", apiKey);
      // Compatible services disagree on where they look; the official API wants one credential only.
      if (account.baseUrl !== OFFICIAL_BASE_URLS.anthropic) headers.set("authorization", `Bearer ${apiKey}`);
    },
  },
  openai: {
    forwarded: [...COMMON, ...OPENAI_HEADERS],
    url: (account, _, path) =>
      account.baseUrl.endsWith("#") ? account.baseUrl.slice(0, -1) : `${account.baseUrl}${path}`,
    authorise: (headers, _, apiKey) => headers.set("authorization", `Bearer ${apiKey}`),
  },
  gemini: {
    forwarded: [...COMMON, "x-goog-api-client", "x-goog-request-params"],
    url: (account, _, path) => `${account.baseUrl}${path}`,
    authorise: (headers, _, apiKey) => headers.set("x-goog-api-key", apiKey),
  },
  droid: {
    forwarded: [...COMMON, ...MESSAGES_HEADERS, ...OPENAI_HEADERS],
    url: (account, protocol, path) => `${account.baseUrl}${protocol === "anthropic" ? "/a" : "/o/v1"}${path}`,
    authorise: (headers, _, apiKey) => headers.set("authorization", `Bearer ${apiKey}`),
  },
};

function providerOf({ platform }: Account): Provider {
  const provider = PROVIDERS[platform];
  if (!provider) throw new Error(`No account can be of the platform ${platform}`);
  return provider;
}

/**
 * The URL for a route at `target`, under its own name for the model, with the query string that goes along. Null where
 * that name would lead to another endpoint: an account's mapping is its operator's, and may be anything.
 */
export function upstreamUrl(
  { account, model, protocol }: Target,
  { route, parameters }: Found,
  search: string,
): string | null {
  const path = route.upstreamPath
    .replace("{model}", () => pathOfName(model))
    .replace("{id}", () => encodeURIComponent(parameters.id ?? ""));
  const url = providerOf(account).url(account, protocol, path);
  // What a parser makes of it must be what was built: no dot segment is taken away, nothing begins a query.
  if (path !== route.upstreamPath && new URL(url).href !== url) return null;
  return `${url}${search}`;
}

/** Headers for the upstream: the client's known ones, the account's extra ones, and its credential. */
export function upstreamHeaders(account: Account, apiKey: string, client: Headers): Headers {
  const { forwarded, authorise } = providerOf(account);
  const headers = pick(client, forwarded);
  for (const name of FOR_WHOM) headers.delete(name);
  // A key in a header of another name is a client's mistake, and must not become a leak.
  for (const [name, value] of [...headers]) if (holdsApiKey(value)) headers.delete(name);
  if (!isAccepted(headers.get("accept") ?? "")) headers.delete("accept");
  for (const [name, value] of Object.entries(account.extraHeaders)) {
    if (mayBeAdded(name)) headers.set(name, extended(headers, name, value));
  }
  authorise(headers, account, apiKey);
  // A compressed stream would be inflated here and buffered there; plain bytes pass natively.
  headers.set("accept-encoding", "identity");
  return headers;
}

/** A list of features is added to: without those it named, the client's own body may be refused. All else is the account's. */
function extended(headers: Headers, name: string, value: string): string {
  if (name.toLowerCase() !== "anthropic-beta") return value;
  const named = `${headers.get(name) ?? ""},${value}`.split(",").map((feature) => feature.trim());
  return [...new Set(named.filter(Boolean))].join(",");
}

/** Forms of an answer that the meters can read, or that need none (speech). Google would send protocol buffers too. */
const ACCEPTED = /^(?:\*\/\*|application\/(?:json|octet-stream)|text\/(?:event-stream|plain)|audio\/[\w.+*-]+)$/i;

function isAccepted(accept: string): boolean {
  return accept.split(",").every((range) => ACCEPTED.test((range.split(";")[0] ?? "").trim()));
}

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
  const picked = pick(upstream, RETURNED);
  for (const name of [...picked.keys()]) if (OF_THE_ACCOUNT.test(name)) picked.delete(name);
  return picked;
}

/** The headers of these names; a name that ends in a hyphen is a beginning. */
function pick(from: Headers, names: readonly string[]): Headers {
  const picked = new Headers();
  for (const [name, value] of from) {
    const wanted = names.some((known) => name === known || (known.endsWith("-") && name.startsWith(known)));
    if (wanted) picked.set(name, value);
  }
  return picked;
}
