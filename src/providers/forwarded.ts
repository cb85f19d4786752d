/**
 * Which of a client's headers go along to an upstream. Everything else, credentials first, stays here, and nothing is
 * added to make a request look like another client's.
 */
import { holdsApiKey } from "../keys/holds-api-key.ts";
import { isCredential, mayBeAdded } from "./extra-headers.ts";

/** Names of headers; one that ends in a hyphen is a beginning. For the kinds of accounts to choose from. */
export const COMMON_HEADERS = ["content-type", "accept", "user-agent", "idempotency-key", "x-stainless-"];
export const MESSAGES_HEADERS = ["anthropic-", "x-app", "x-claude-code-"];
export const OPENAI_HEADERS = [
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

/** What goes along to an upstream that is asked in another format than the client's: headers have formats, too. */
export const TRANSLATED_HEADERS = ["user-agent"];

/** The client's headers that go along, and the account's extra ones. The credential is not among them. */
export function forwardedHeaders(
  client: Headers,
  forwarded: readonly string[],
  extraHeaders: Readonly<Record<string, string>>,
): Headers {
  const credentials = credentialsIn(client);
  const headers = pick(client, forwarded, (name, value) => {
    if (name === "accept") return isAccepted(value);
    // A key in a header of another name is a client's mistake, and must not become a leak. One that was imported has any form.
    const isKey = holdsApiKey(value) || credentials.some((credential) => value.includes(credential));
    return !FOR_WHOM.includes(name) && !isKey;
  });
  for (const [name, value] of Object.entries(extraHeaders)) {
    if (mayBeAdded(name)) headers.set(name, extended(headers, name, value));
  }
  // A compressed stream would be inflated here and buffered there; plain bytes pass natively.
  headers.set("accept-encoding", "identity");
  return headers;
}

/** What the client says who it is by, without its scheme. Shorter ones are no keys, and could stand in any text. */
function credentialsIn(client: Headers): string[] {
  const credentials: string[] = [];
  for (const [name, value] of client) {
    const text = isCredential(name) ? value.slice(value.lastIndexOf(" ") + 1) : "";
    if (text.length >= SHORTEST_KEY) credentials.push(text);
  }
  return credentials;
}

const SHORTEST_KEY = 20;

/** A list of features is added to: without those it named, the client's own body may be refused. All else is the account's. */
function extended(headers: Headers, name: string, value: string): string {
  if (name.toLowerCase() !== "anthropic-beta") return value;
  return [...new Set([...listed(headers.get(name)), ...listed(value)])].join(",");
}

/** The members of a header that is a list. */
export function listed(value: string | null): string[] {
  const members = (value ?? "").split(",").map((member) => member.trim());
  return members.filter(Boolean);
}

/** Forms of an answer that the meters can read, or that need none (speech). Google would send protocol buffers too. */
const ACCEPTED = /^(?:\*\/\*|application\/(?:json|octet-stream)|text\/(?:event-stream|plain)|audio\/[\w.+*-]+)$/i;

function isAccepted(accept: string): boolean {
  return accept.split(",").every((range) => ACCEPTED.test((range.split(";")[0] ?? "").trim()));
}

/**
 * The headers of these names, a name that ends in a hyphen being a beginning, that are `allowed`. In one pass: each look into
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
