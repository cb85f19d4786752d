/** A sign-in as its account's Keeper stores it, and its access token as it is handed out. Sealed; no logic of when. */
import { DAY_MS, MINUTE_MS, SECOND_MS } from "../ground/durations.ts";
import { object, parse } from "../ground/json.ts";
import type { TokenCredential } from "../providers/kind.ts";
import type { Grant } from "../providers/oauth/flow.ts";
import { grantPlace, type SignedIn, tokenPlace } from "./places.ts";
import { open, seal } from "./seal.ts";

/** An access token on its way to who sends it: in KV, and in a Keeper's answer. */
export interface SealedToken {
  grantId: string;
  version: number;
  expiresAt: number;
  sealed: string;
}

export interface StoredGrant extends SignedIn {
  /** When the sign-in was made: of two, the later one stays. */
  madeAt: number;
  platform: string;
  kind: string;
  /** Grows with each renewal, and each change of the project. */
  version: number;
  /** All of it, the refresh token too. */
  sealed: string;
  token: SealedToken;
  /** The project of the provider's in which requests are made; missing: there is no such thing, or none was found yet. */
  project?: string;
  /** The one that the operator has named: nothing else is looked for. */
  namedProject?: string;
  /** When the project is to be looked for: the provider says that it is gone, or there is none. Missing: not at all. */
  lookForProjectAt?: number;
  /** When it was renewed last; 0: not since it was brought here. */
  obtainedAt: number;
  /** When it is to be renewed; null for one that cannot be. */
  refreshAt: number | null;
  /** A renewal was sent at that time, and no answer is known: the refresh token may be used up. */
  sentAt: number | null;
  /** Renewals that failed in a row, and when the next may be tried. */
  failures: number;
  retryAt: number;
  /** Why somebody has to sign in again; null while nobody has. */
  ended: EndReason | null;
  /** The version that KV has. */
  published: number;
  /** Its end was announced. */
  warned: boolean;
  /** By which its refresh token can be known again as it was when it was brought here. Missing: it had none, or an older version took it in. */
  broughtWith?: string;
  /** When its account was last seen to be there, if not when the sign-in was made. */
  seenAt?: number;
}

/** Why a sign-in is over: conditions of an account's health, described in providers/faults/descriptions.ts. */
export type EndReason =
  | "reauth_required"
  /** The answer to a renewal never arrived, and the refresh token that was sent is used up since. */
  | "reauth_required_answer_lost";

/** Whether it is for want of a sign-in that an account is disabled. */
export function isEndReason(condition: string | null): boolean {
  return condition?.startsWith("reauth_required") ?? false;
}

/** Renewed this long before its end, so that who reads a copy has long had a newer one. */
const AHEAD_MS = 10 * MINUTE_MS;
/** Of a short life a share. */
const AHEAD_SHARE = 0.2;
/** A server whose tokens end as they are issued would be asked without an end; who needs one sooner asks for it. */
const SOONEST_MS = MINUTE_MS;
/** How long before its end a sign-in that cannot be renewed is announced to end. */
export const WARNING_MS = 14 * DAY_MS;
/** No token lives that long, whatever its server says, and an alarm can be set for no year beyond 2189. */
const LONGEST_LIFE_MS = 10 * 365 * DAY_MS;

/** The fields of a stored grant that a new set of tokens changes. */
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
  // What is imported may have ended long ago.
  const soonest = version > 1 ? now + SOONEST_MS : now;
  return {
    version,
    sealed,
    token,
    obtainedAt: now,
    refreshAt: grant.refresh === null ? null : Math.max(Math.floor(expiresAt - ahead), soonest),
  };
}

/** The access token as it is handed out. */
export async function sealToken(credential: TokenCredential, signedIn: SignedIn, env: Env): Promise<SealedToken> {
  const { version, expiresAt } = credential;
  const sealed = await seal(JSON.stringify(credential), tokenPlace(signedIn), env.ENCRYPTION_KEY);
  return { grantId: signedIn.grantId, version, expiresAt, sealed };
}

/** Throws where it was altered or moved, or sealed under a key that is gone. */
export async function openGrant(stored: SignedIn & Pick<StoredGrant, "sealed">, env: Env): Promise<Grant> {
  return JSON.parse(await open(stored.sealed, grantPlace(stored), env.ENCRYPTION_KEY)) as Grant;
}

/** Likewise. One from before there were projects has none. */
export async function openToken(sealedToken: SealedToken, signedIn: SignedIn, env: Env): Promise<TokenCredential> {
  const text = await open(sealedToken.sealed, tokenPlace(signedIn), env.ENCRYPTION_KEY);
  const { project = null, ...token }: Omit<TokenCredential, "project"> & { project?: string | null } = JSON.parse(text);
  return { ...token, project };
}

/** Where KV has an account's access token. */
export function tokenKey(accountId: string): string {
  return `token/${accountId}`;
}

/** KV takes no shorter life. */
const SHORTEST_KV_LIFE_S = 60;
/** Nor one of more than 31 bits, and no token lives that long: whoever imports one may say so all the same. */
const LONGEST_KV_LIFE_S = (2 * 365 * DAY_MS) / SECOND_MS;

/** Puts it there, until its end. Throws where KV does not take it. */
export async function putToken(token: SealedToken, accountId: string, env: Env): Promise<void> {
  const lifeS = Math.floor((token.expiresAt - Date.now()) / SECOND_MS);
  const expirationTtl = Math.min(LONGEST_KV_LIFE_S, Math.max(SHORTEST_KV_LIFE_S, lifeS));
  await env.KV.put(tokenKey(accountId), JSON.stringify(token), { expirationTtl });
}

/** What KV holds, or null where that is none. */
export function readToken(value: string | null): SealedToken | null {
  const token = value === null ? undefined : object(parse(value));
  if (typeof token?.grantId !== "string" || typeof token.sealed !== "string") return null;
  return typeof token.expiresAt === "number" && typeof token.version === "number"
    ? { grantId: token.grantId, version: token.version, expiresAt: token.expiresAt, sealed: token.sealed }
    : null;
}
