/**
 * How a provider's sign-in speaks: what is sent to its authorization server, and what its answers mean. Each flow is a file
 * beside this one. Pure: the vault (src/vault/tokens.ts) sends, stores and decides when.
 */
import { fromBase64url } from "../../ground/base64url.ts";
import { count, object, parse, text } from "../../ground/json.ts";

/** What a sign-in has given. Never logged; it leaves the vault sealed only. */
export interface Grant {
  access: string;
  /** Null for a sign-in that cannot be renewed. */
  refresh: string | null;
  /** When `access` ends, milliseconds since the epoch. */
  expiresAt: number;
  /** Whose subscription it is, where requests have to say so. */
  accountId?: string;
}

/** What of a flow is configured. */
export interface FlowSettings {
  authorizeUrl: string;
  /** In order: the next one counts where one does not exist. */
  tokenUrls: readonly string[];
  /** Where tokens are revoked; "": nowhere. */
  revokeUrl: string;
  /** As whom the relay asks, where the flow has no public client of its own (`Flow.client`); else "". */
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

/** What a sign-in is begun with, and what comes back must fit: PKCE with S256 (RFC 7636), and a state that nobody can guess. */
export interface Challenge {
  state: string;
  challenge: string;
}

/** What a person who has signed in brings back. */
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

/** A person enters a code at the provider's page, while the provider is asked whether they have (RFC 8628). */
export interface DeviceSignIn {
  type: "device";
  begin: () => TokenRequest;
  poll: (deviceCode: string) => TokenRequest;
}

export interface Revocation {
  request: (grant: Grant) => TokenRequest;
  /** Whether it ends other sign-ins of the same person with the same application, too: then none is revoked for a newer one. */
  others: boolean;
}

export interface Flow {
  /** In paths of the admin API, and in the names of settings. */
  name: string;
  /** What the provider's terms say of it, in one plain sentence. Whoever adds an account acknowledges it. */
  terms: string;
  signIn: CodeSignIn | DeviceSignIn;
  /** How the provider takes a sign-in back (RFC 7009); missing: it documents no way that needs no browser and no secret of its own. */
  revokes?: Revocation;
  /** The request that renews a grant; null where the provider renews none. */
  refresh: ((refreshToken: string, settings: FlowSettings) => TokenRequest) | null;
  /** The relay asks as a client that the operator names; missing: as the provider's own, which is public. */
  client?: "configured";
  /** How long a token lives whose answer does not say it, in milliseconds. */
  lifetimeMs: number;
  /** Its requests are made in one of the provider's projects, which is found in this way (code-assist.ts). */
  project?: "code-assist";
  /** Whose subscription an answer is about. */
  accountIdIn?: (answer: Record<string, unknown>) => string | null;
}

/** The tokens of an answer. What it left out is null, and stays as it was. */
export interface Tokens {
  access: string;
  refresh: string | null;
  expiresAt: number;
  accountId: string | null;
}

/** What an authorization server's answer means for the tokens that were sent to it. */
export type TokenOutcome =
  | { kind: "tokens"; tokens: Tokens }
  /** The refresh token is good for nothing any more. */
  | { kind: "ended"; code: string }
  /** Nobody has entered the device's code yet (RFC 8628 §3.5). */
  | { kind: "pending" }
  /** Refused, and the token it was asked with is as good as before. */
  | { kind: "refused"; status: number; code: string }
  /** Nothing answers to this at this address. */
  | { kind: "elsewhere"; status: number }
  /** It may have been done, and nobody knows: the connection broke, the server failed, the answer says nothing. */
  | { kind: "unclear"; status: number };

/** What servers say of a refresh token that will never work again (RFC 6749 §5.2, and OpenAI's own words). */
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

/** Whether the tokens are good for nothing after this answer: a server may say so of those that it does not know (RFC 7009 §2.2). */
export function isRevoked(status: number, body: string): boolean {
  if (status >= 200 && status < 300) return true;
  return status < 500 && codesIn(object(parse(body))).some((code) => code === "invalid_token" || ENDED.has(code));
}

/** The grant after an answer: what the answer left out stays. */
export function renewed(grant: Grant, { access, refresh, expiresAt, accountId }: Tokens): Grant {
  const owner = accountId !== null && { accountId };
  return { ...grant, access, refresh: refresh ?? grant.refresh, expiresAt, ...owner };
}

/** What a device sign-in begins with (RFC 8628 §3.2); null where the answer is none. */
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

/** What a JWT says, unverified: it came from the provider itself, over TLS. Undefined where the text is none. */
export function claimsOf(jwt: string): Record<string, unknown> | undefined {
  const [, payload] = jwt.split(".");
  if (!payload) return undefined;
  try {
    return object(parse(new TextDecoder().decode(fromBase64url(payload))));
  } catch {
    return undefined;
  }
}

/** When a token that is a JWT ends, milliseconds since the epoch; null where it does not say. */
export function endOfJwt(token: string): number | null {
  const seconds = count(claimsOf(token)?.exp);
  return seconds > 0 ? seconds * 1_000 : null;
}

/** A form body, as most authorization servers want it (RFC 6749 §4.1.3). */
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
  // Some write the number as a string.
  const seconds = Number(answer.expires_in);
  const stated = Number.isFinite(seconds) && seconds > 0 ? now + seconds * 1_000 : endOfJwt(access);
  return {
    access,
    refresh: text(answer.refresh_token),
    expiresAt: stated ?? now + flow.lifetimeMs,
    accountId: flow.accountIdIn?.(answer) ?? null,
  };
}

/** `{error:"invalid_grant"}`, `{error:{code,type}}`, `{code}`: the words for programs, wherever they stand. */
function codesIn(answer: Record<string, unknown> | undefined): string[] {
  const inner = object(answer?.error);
  const words = [answer?.error, inner?.code, inner?.type, answer?.code];
  return words.map(text).filter((word) => word !== null);
}
