/** What a check has shown, in plain words for whoever runs the relay. Pure; src/providers/faults decides what a fault is. */
import type { TemporaryState } from "../pool/health.ts";
import { describeCondition } from "../providers/faults/descriptions.ts";
import type { Fault } from "../providers/faults.ts";

/** What a check finds without asking the upstream. */
export const UNSENT_DESCRIPTIONS = {
  busy: "all of its places (max_concurrency) are taken by requests under way: nothing was sent",
  key_unreadable:
    "this key cannot be opened: it was sealed for another base URL, or under an ENCRYPTION_KEY that the relay no longer has; enter it again",
  access_token_unavailable:
    "Google gives its service account no access token now: the key is revoked or not its own, or VERTEX_TOKEN_URL does not answer; the relay's log has the word that it said (access_token_not_issued)",
  sign_in_unavailable:
    "there is no token of its sign-in: the provider does not renew it, now or any more; its status says more, and signing in again ends it",
};

export type Unsent = keyof typeof UNSENT_DESCRIPTIONS;

/**
 * The statuses that Cloudflare's own network answers in place of a host that it cannot reach; where the upstream is
 * behind Cloudflare itself, they are about the servers behind that.
 */
export const CLOUDFLARE_DESCRIPTIONS: Readonly<Record<number, string>> = {
  520: "it broke the connection off, or answered something that is no HTTP",
  521: "no connection: the server refused it",
  522: "no connection: the server did not answer in time",
  523: "no connection: there is no way to the server",
  524: "it took the request and did not answer in time",
  525: "no secure connection: the TLS handshake failed",
  526: "no secure connection: its TLS certificate is not valid",
  530: "the host name of base_url does not resolve (DNS), or Cloudflare refuses to serve it",
};

export interface Passed {
  model: string;
  /** The name that the upstream gave the model; null where it gave none. */
  reported: string | null;
  /** Null where the answer came as a whole. */
  ttftMs: number | null;
  totalMs: number;
}

/** `remaining`: what still keeps the account or this key out of use, because the provider has named its end. */
export function passedDiagnosis({ model, reported, ttftMs, totalMs }: Passed, remaining: TemporaryState[]): string {
  const first = ttftMs === null ? "" : `first byte after ${ttftMs} ms, `;
  const other = reported !== null && reported !== model ? ` It calls itself ${reported}.` : "";
  const [last] = remaining.sort((a, b) => (b.until ?? Infinity) - (a.until ?? Infinity));
  const until = last?.until ? ` until ${new Date(last.until).toISOString()}` : "";
  const rest = last
    ? ` It is still left alone${until} (${describeCondition(last.condition)}): reset it to use it now.`
    : "";
  return `It works: ${model} answered, ${first}${totalMs} ms in all.${other}${rest}`;
}

/** Of a sign-in, under which the relay sends no request of its own. `until`: when its present token ends. */
export function signInDiagnosis(served: readonly string[], until: number): string {
  const end = new Date(until).toISOString();
  return `It is signed in, with a token that is good until ${end}. Nothing was sent: it serves ${served.join(", ")} alone.`;
}

/** `answered`: the upstream's own error message, or "". */
export function faultDiagnosis(fault: Fault, model: string, answered: string): string {
  const { condition, status } = fault;
  const about = condition.startsWith("model_") ? ` (${model})` : "";
  const shown = status > 0 ? ` It answered with status ${status}.` : "";
  // A server that has nothing to say about a 404 is often no API at all.
  const path = status === 404 && answered === "" ? " Or base_url has a wrong path." : "";
  const until = fault.class !== "request" && fault.until !== null ? fault.until : null;
  const end = until === null ? "" : ` Limited until ${new Date(until).toISOString()}.`;
  const words =
    condition === "origin_unreachable"
      ? (CLOUDFLARE_DESCRIPTIONS[status] ?? describeCondition(condition))
      : describeCondition(condition);
  return `${sentence(`${words}${about}`)}${shown}${path}${end}`;
}

/** For what was found without a request. */
export function unsentDiagnosis(condition: Unsent): string {
  return sentence(UNSENT_DESCRIPTIONS[condition]);
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
