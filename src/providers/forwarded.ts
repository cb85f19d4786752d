/**
 * Which of a client's headers go to an upstream. Everything else, above all credentials, stays here, and nothing is added to make a
 * request look like another client's.
 */
import { credentialsIn, holdsApiKey } from "../keys/holds-api-key.ts";
import { mayBeAdded } from "./extra-headers.ts";

/** Names of headers; a name that ends with a hyphen is a prefix. Kinds of accounts choose from these. */
export const COMMON_HEADERS = ["content-type", "accept", "user-agent", "idempotency-key", "x-stainless-"];
export const MESSAGES_HEADERS = ["anthropic-", "x-app", "x-claude-code-"];
export const OPENAI_HEADERS = [
  "openai-",
  "x-codex-",
  // Codex's newer bodies have their tools in the input. Only this header says so.
  "x-openai-internal-codex-",
  "x-client-request-id",
  "session-id",
  "session_id",
  "thread-id",
  "originator",
];

/**
 * Except headers that say on whose behalf a request is made. The caller's organisation and project belong to the caller's own key. For
 * the operator's key, the operator sets them, as extra headers of the account.
 */
const FOR_WHOM = [
  "openai-organization",
  "openai-project",
  "openai-platform",
  "anthropic-organization-id",
  "anthropic-workspace-id",
  "anthropic-user-profile-id",
];

/** The headers that go to an upstream of another format than the client's. Headers are specific to a format, too. */
export const TRANSLATED_HEADERS = ["user-agent"];

/** The client's headers that are forwarded, and the account's extra headers. Without the credential. */
export function forwardedHeaders(
  client: Pick<Request, "headers" | "url">,
  forwarded: readonly string[],
  extraHeaders: Readonly<Record<string, string>>,
): Headers {
  const credentials = credentialsIn(client);
  const headers = pick(client.headers, forwarded, (name, value) => {
    if (name === "accept") return isAccepted(value);
    // A key in an unexpected header is a client's mistake, and must not become a leak.
    return !FOR_WHOM.includes(name) && !holdsApiKey(value, credentials);
  });
  for (const [name, value] of Object.entries(extraHeaders)) {
    if (mayBeAdded(name)) headers.set(name, extended(headers, name, value));
  }
  // A compressed stream would be inflated here and buffered there. Plain bytes are piped natively.
  headers.set("accept-encoding", "identity");
  return headers;
}

/** Lists of features are joined, because without those that the client named its body may be refused. Otherwise the account's wins. */
function extended(headers: Headers, name: string, value: string): string {
  if (name.toLowerCase() !== "anthropic-beta") return value;
  return [...new Set([...listed(headers.get(name)), ...listed(value)])].join(",");
}

/** The members of a header that is a list. */
export function listed(value: string | null): string[] {
  const members = (value ?? "").split(",").map((member) => member.trim());
  return members.filter(Boolean);
}

/** Forms of an answer that the meters can read, or that need no meter (speech). Google would also send protocol buffers. */
const ACCEPTED = /^(?:\*\/\*|application\/(?:json|octet-stream)|text\/(?:event-stream|plain)|audio\/[\w.+*-]+)$/i;

function isAccepted(accept: string): boolean {
  return accept.split(",").every((range) => ACCEPTED.test((range.split(";")[0] ?? "").trim()));
}

/**
 * The `allowed` headers among these names, where a name that ends with a hyphen is a prefix. In one pass, because each look-up in
 * headers is a call into the runtime.
 */
export function pick(
  from: Headers,
  names: readonly string[],
  allowed: (name: string, value: string) => boolean,
): Headers {
  const picked = new Headers();
  for (const [name, value] of from) {
    const wanted = names.some((known) => name === known || (known.endsWith("-") && name.startsWith(known)));
    if (wanted && allowed(name, value)) picked.set(name, value);
  }
  return picked;
}
