/** A sign-in as its account's Keeper stores it, and its access token as readers get it; both sealed. tokens.ts decides when to renew. */
import { DAY_MS, MINUTE_MS, SECOND_MS } from "../ground/durations.ts";
import { object, parse } from "../ground/json.ts";
import type { TokenCredential } from "../providers/kind.ts";
import type { Grant } from "../providers/oauth/flow.ts";
import { grantPlace, type SignedIn, tokenPlace } from "./places.ts";
import { open, seal } from "./seal.ts";

/** An access token as readers get it: in KV, and in a Keeper's answer. */
export interface SealedToken {
  grantId: string;
  version: number;
  expiresAt: number;
  sealed: string;
}

export interface StoredGrant extends SignedIn {
  /** When the sign-in was made; of two sign-ins the later one stays. */
  madeAt: number;
  platform: string;
  kind: string;
  /** Grows with each renewal, and each change of the project. */
  version: number;
  /** The whole grant with its refresh token, sealed. */
  sealed: string;
  token: SealedToken;
  /** The provider's project in which requests are made; missing: the provider has none, or none was found yet. */
  project?: string;
  /** The project that the operator has named: no other is looked for. */
  namedProject?: string;
  /** When to look for the project, because the provider says that it is gone, or because there is none. Missing: never. */
  lookForProjectAt?: number;
  /** When it was renewed last; 0: not since it was brought here. */
  obtainedAt: number;
  /** When to renew it; null: it cannot be renewed. */
  refreshAt: number | null;
  /** When a renewal was sent to which no answer is known: the refresh token may be used up. Null: there is none. */
  sentAt: number | null;
  /** How many renewals failed in a row, and when the next may be tried. */
  failures: number;
  retryAt: number;
  /** Why somebody has to sign in again; null while nobody has. */
  ended: EndReason | null;
  /** The newest version that KV has. */
  published: number;
  /** Its end was announced. */
  warned: boolean;
  /** A hash of the refresh token that it was brought with. Missing: it had none, or an older version of the relay took it in. */
  broughtWith?: string;
  /** When its account was last seen to exist; missing: when the sign-in was made. */
  seenAt?: number;
}

/** Why a sign-in is over: conditions of an account's health, described in providers/faults/descriptions.ts. */
export type EndReason =
  | "reauth_required"
  /** The answer to a renewal never arrived, and the refresh token that was sent is used up. */
  | "reauth_required_answer_lost";

/** Whether an account is disabled because its sign-in has ended. */
export function isEndReason(condition: string | null): boolean {
  return condition?.startsWith("reauth_required") ?? false;
}

/** How long before its end a token is renewed, so that whoever reads a copy has a newer one in time. */
const AHEAD_MS = 10 * MINUTE_MS;
/** The same for a short life, as a share of it. */
const AHEAD_SHARE = 0.2;
/** How soon after a renewal the next may come: a server whose tokens end at once would be asked without end. Who needs one sooner asks. */
const SOONEST_MS = MINUTE_MS;
/** How long before its end a sign-in that cannot be renewed is announced to end. */
export const WARNING_MS = 14 * DAY_MS;
/** No token lives longer, whatever its server says, and no alarm can be set beyond the year 2189. */
const LONGEST_LIFE_MS = 10 * 365 * DAY_MS;

/** Seals a new set of tokens. Returns the fields of the stored grant that it changes. */
export async function sealedGrant(
  signedIn: SignedIn & Pick<StoredGrant, "project">,
  grant: Grant,
  version: number,
  now: number,
  env: Env,
): Promise<Pick<StoredGrant, "version" | "sealed" | "token" | "obtainedAt" | "refreshAt">> {
  const { access, accountId } = grant;
  const expiresAt = Math.min(grant.expiresAt, now + LONGEST_LIFE_MS);
  const { project = null } = signedIn;
  const owner = accountId !== undefined && { accountId };
  const [sealed, token] = await Promise.all([
    seal(JSON.stringify(grant), grantPlace(signedIn), env.ENCRYPTION_KEY),
    sealToken({ type: "oauth", access, expiresAt, version, project, ...owner }, signedIn, env),
  ]);
  const ahead = Math.min(AHEAD_MS, Math.max(0, expiresAt - now) * AHEAD_SHARE);
  // An imported sign-in (version 1) may have ended long ago, and is renewed at once.
  const soonest = version > 1 ? now + SOONEST_MS : now;
  return {
    version,
    sealed,
    token,
    obtainedAt: now,
    refreshAt: grant.refresh === null ? null : Math.max(Math.floor(expiresAt - ahead), soonest),
  };
}

/** Seals the access token for its readers. */
export async function sealToken(credential: TokenCredential, signedIn: SignedIn, env: Env): Promise<SealedToken> {
  const { version, expiresAt } = credential;
  const sealed = await seal(JSON.stringify(credential), tokenPlace(signedIn), env.ENCRYPTION_KEY);
  return { grantId: signedIn.grantId, version, expiresAt, sealed };
}

/** Opens a grant. Throws if it was altered or moved, or sealed under a key that is gone. */
export async function openGrant(stored: SignedIn & Pick<StoredGrant, "sealed">, env: Env): Promise<Grant> {
  return JSON.parse(await open(stored.sealed, grantPlace(stored), env.ENCRYPTION_KEY)) as Grant;
}

/** Opens a token; throws likewise. A token from before there were projects has none. */
export async function openToken(sealedToken: SealedToken, signedIn: SignedIn, env: Env): Promise<TokenCredential> {
  const text = await open(sealedToken.sealed, tokenPlace(signedIn), env.ENCRYPTION_KEY);
  const { project = null, ...token }: Omit<TokenCredential, "project"> & { project?: string | null } = JSON.parse(text);
  return { ...token, project };
}

/** The KV key of an account's access token. */
export function tokenKey(accountId: string): string {
  return `token/${accountId}`;
}

/** KV takes no shorter life. */
const SHORTEST_KV_LIFE_S = 60;
/** KV takes no life of more than 31 bits. No token lives longer than this, but whoever imports one may say so. */
const LONGEST_KV_LIFE_S = (2 * 365 * DAY_MS) / SECOND_MS;

/** Puts a token into KV until its end. Throws if KV does not take it. */
export async function putToken(token: SealedToken, accountId: string, env: Env): Promise<void> {
  const lifeS = Math.floor((token.expiresAt - Date.now()) / SECOND_MS);
  const expirationTtl = Math.min(LONGEST_KV_LIFE_S, Math.max(SHORTEST_KV_LIFE_S, lifeS));
  await env.KV.put(tokenKey(accountId), JSON.stringify(token), { expirationTtl });
}

/** The token that a KV value holds; null if it is none. */
export function readToken(value: string | null): SealedToken | null {
  const token = value === null ? undefined : object(parse(value));
  if (typeof token?.grantId !== "string" || typeof token.sealed !== "string") return null;
  return typeof token.expiresAt === "number" && typeof token.version === "number"
    ? { grantId: token.grantId, version: token.version, expiresAt: token.expiresAt, sealed: token.sealed }
    : null;
}
