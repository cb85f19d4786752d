/**
 * How a provider's sign-in works: what is sent to its authorization server, and what the answers mean. Each flow is a file beside this
 * one. Pure: the vault (src/vault/tokens.ts) sends, stores and decides when.
 */
import { fromBase64url } from "../../ground/base64url.ts";
import { count, object, parse, text } from "../../ground/json.ts";

/** What a sign-in has given. It is never logged, and leaves the vault only sealed. */
export interface Grant {
  access: string;
  /** Null for a sign-in that cannot be renewed. */
  refresh: string | null;
  /** When `access` ends, milliseconds since the epoch. */
  expiresAt: number;
  /** The subscription's account, if requests have to name it. */
  accountId?: string;
}

/** The configured part of a flow. */
export interface FlowSettings {
  authorizeUrl: string;
  /** In this order: if one does not exist, the next one is used. */
  tokenUrls: readonly string[];
  /** Where tokens are revoked; "": nowhere. */
  revokeUrl: string;
  /** The client as which the relay asks, if the flow has no public client of its own (`Flow.client`); else "". */
  client: Client;
}

/** A client that is registered with a provider. */
export interface Client {
  id: string;
  secret: string;
  /** Where the provider sends people back to. */
  redirectUri: string;
}

/** A POST to an authorization server. */
export interface TokenRequest {
  headers: Record<string, string>;
  body: string;
}

/** What a sign-in begins with and its answer must match: PKCE with S256 (RFC 7636), and a state that nobody can guess. */
export interface Challenge {
  state: string;
  challenge: string;
}

/** What a person brings back after signing in. */
export interface Returned {
  code: string;
  state: string;
  verifier: string;
}

/** A person opens an address, signs in, and brings back a code. */
export interface CodeSignIn {
  type: "code";
  authorizeUrl: (settings: FlowSettings, challenge: Challenge) => string;
  exchange: (returned: Returned, settings: FlowSettings) => TokenRequest;
}

/** A person enters a code at the provider's page, while the relay asks the provider whether that has happened (RFC 8628). */
export interface DeviceSignIn {
  type: "device";
  begin: () => TokenRequest;
  poll: (deviceCode: string) => TokenRequest;
}

export interface Revocation {
  request: (grant: Grant) => TokenRequest;
  /** Whether it also ends other sign-ins of the same person with the same application. Then none is revoked for a newer one. */
  others: boolean;
}

export interface Flow {
  /** Used in paths of the admin API, and in the names of settings. */
  name: string;
  /** What the provider's terms say about it, in one plain sentence, which everybody who adds an account acknowledges. */
  terms: string;
  signIn: CodeSignIn | DeviceSignIn;
  /** How the provider revokes a sign-in (RFC 7009). Missing: it documents no way without a browser and a secret of its own. */
  revokes?: Revocation;
  /** The request that renews a grant; null if the provider renews none. */
  refresh: ((refreshToken: string, settings: FlowSettings) => TokenRequest) | null;
  /** Whether the relay asks as a client that the operator configures; missing: as the provider's own, which is public. */
  client?: "configured";
  /** The lifetime of a token whose answer does not tell it, in milliseconds. */
  lifetimeMs: number;
  /** Set if requests are made in one of the provider's projects: how that is found (code-assist.ts). */
  project?: "code-assist";
  /** The account of the subscription that an answer is about. */
  accountIdIn?: (answer: Record<string, unknown>) => string | null;
}

/** The tokens of an answer. A null was not in the answer, and keeps its former value. */
export interface Tokens {
  access: string;
  refresh: string | null;
  expiresAt: number;
  accountId: string | null;
}

/** What the authorization server's answer means for the tokens that were sent to it. */
export type TokenOutcome =
  | { kind: "tokens"; tokens: Tokens }
  /** The refresh token will never work again. */
  | { kind: "ended"; code: string }
  /** Nobody has entered the device's code yet (RFC 8628 §3.5). */
  | { kind: "pending" }
  /** Refused, but the token is as good as before. */
  | { kind: "refused"; status: number; code: string }
  /** Nothing at this address handles the request. */
  | { kind: "elsewhere"; status: number }
  /** It may have been done, but nobody knows: the connection broke, the server failed, or the answer says nothing. */
  | { kind: "unclear"; status: number };

/** How servers say that a refresh token will never work again (RFC 6749 §5.2, and OpenAI's own words). */
const ENDED: ReadonlySet<string> = new Set([
  "invalid_grant",
  "invalid_refresh_token",
  "refresh_token_expired",
  "refresh_token_invalidated",
  "refresh_token_reused",
  "refresh_token_revoked",
  "token_invalidated",
  "token_revoked",
]);

/** Reads an answer to a token request. `now` in milliseconds. Never throws. */
export function outcomeOf(flow: Flow, status: number, body: string, now: number): TokenOutcome {
  const answer = object(parse(body));
  if (status >= 200 && status < 300) {
    const tokens = answer && tokensIn(flow, answer, now);
    return tokens ? { kind: "tokens", tokens } : { kind: "unclear", status };
  }
  const codes = codesIn(answer);
  const ended = codes.find((code) => ENDED.has(code));
  if (ended !== undefined && status < 500) return { kind: "ended", code: ended };
  if (codes.includes("authorization_pending") || codes.includes("slow_down")) return { kind: "pending" };
  if (status === 404 || status === 405 || (status >= 300 && status < 400)) return { kind: "elsewhere", status };
  if (status >= 500 || status === 408) return { kind: "unclear", status };
  return { kind: "refused", status, code: codes[0] ?? "" };
}

/** Whether the tokens no longer work after this answer. A server may answer so for tokens that it does not know (RFC 7009 §2.2). */
export function isRevoked(status: number, body: string): boolean {
  if (status >= 200 && status < 300) return true;
  return status < 500 && codesIn(object(parse(body))).some((code) => code === "invalid_token" || ENDED.has(code));
}

/** The grant after an answer. What the answer left out stays. */
export function renewed(grant: Grant, { access, refresh, expiresAt, accountId }: Tokens): Grant {
  const owner = accountId !== null && { accountId };
  return { ...grant, access, refresh: refresh ?? grant.refresh, expiresAt, ...owner };
}

/** What a device sign-in begins with (RFC 8628 §3.2); null if the answer is none. */
export interface DeviceCode {
  deviceCode: string;
  userCode: string;
  verificationUrl: string;
  expiresInS: number;
  intervalS: number;
}

export function deviceCodeIn(body: string): DeviceCode | null {
  const answer = object(parse(body));
  const deviceCode = text(answer?.device_code);
  const userCode = text(answer?.user_code);
  const verificationUrl = text(answer?.verification_uri_complete) ?? text(answer?.verification_uri);
  if (deviceCode === null || userCode === null || verificationUrl === null) return null;
  // It is shown as a link.
  if (!/^https?:\/\//.test(verificationUrl)) return null;
  return {
    ...{ deviceCode, userCode, verificationUrl },
    expiresInS: count(answer?.expires_in) || 300,
    intervalS: count(answer?.interval) || 5,
  };
}

/** The claims of a JWT, unverified, because it came from the provider itself over TLS. Undefined if the text is none. */
export function claimsOf(jwt: string): Record<string, unknown> | undefined {
  const [, payload] = jwt.split(".");
  if (!payload) return undefined;
  try {
    return object(parse(new TextDecoder().decode(fromBase64url(payload))));
  } catch {
    return undefined;
  }
}

/** When a token that is a JWT ends, in milliseconds since the epoch; null if it does not say. */
export function endOfJwt(token: string): number | null {
  const seconds = count(claimsOf(token)?.exp);
  return seconds > 0 ? seconds * 1_000 : null;
}

/** A form body, which most authorization servers require (RFC 6749 §4.1.3). */
export function formRequest(fields: Record<string, string>): TokenRequest {
  return {
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    body: new URLSearchParams(fields).toString(),
  };
}

export function jsonRequest(fields: Record<string, string | number>): TokenRequest {
  return {
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(fields),
  };
}

function tokensIn(flow: Flow, answer: Record<string, unknown>, now: number): Tokens | null {
  const access = text(answer.access_token);
  if (access === null) return null;
  // Some servers write the number as a string.
  const seconds = Number(answer.expires_in);
  const stated = Number.isFinite(seconds) && seconds > 0 ? now + seconds * 1_000 : endOfJwt(access);
  return {
    access,
    refresh: text(answer.refresh_token),
    expiresAt: stated ?? now + flow.lifetimeMs,
    accountId: flow.accountIdIn?.(answer) ?? null,
  };
}

/** The words for programs in `{error:"invalid_grant"}`, `{error:{code,type}}` or `{code}`. */
function codesIn(answer: Record<string, unknown> | undefined): string[] {
  const inner = object(answer?.error);
  const words = [answer?.error, inner?.code, inner?.type, answer?.code];
  return words.map(text).filter((word) => word !== null);
}
