/** A sign-in as its account's Keeper stores it, and its access token as it is handed out. Sealed; no logic of when. */
import { MINUTE_MS } from "../ground/durations.ts";
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
  /** Grows with each renewal. */
  version: number;
  /** All of it, the refresh token too. */
  sealed: string;
  token: SealedToken;
  /** The project of the provider's in which requests are made; missing: there is no such thing, or none was found yet. */
  project?: string;
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
}

/** Why a sign-in is over: conditions of an account's health, described in providers/faults/descriptions.ts. */
export type EndReason =
  | "reauth_required"
  /** The answer to a renewal never arrived, and the refresh token that was sent is used up since. */
  | "reauth_required_answer_lost";

/** Renewed this long before its end, so that who reads a copy has long had a newer one. */
const AHEAD_MS = 10 * MINUTE_MS;
/** Of a short life a share. */
const AHEAD_SHARE = 0.2;

/** The fields of a stored grant that a new set of tokens changes. */
export async function sealedGrant(
  signedIn: SignedIn & Pick<StoredGrant, "project">,
  grant: Grant,
  version: number,
  now: number,
  env: Env,
): Promise<Pick<StoredGrant, "version" | "sealed" | "token" | "obtainedAt" | "refreshAt">> {
  const { access, expiresAt, accountId } = grant;
  const { project = null } = signedIn;
  const credential: TokenCredential = {
    type: "oauth",
    access,
    expiresAt,
    version,
    project,
    ...(accountId !== undefined && { accountId }),
  };
  const [sealed, token] = await Promise.all([
    seal(JSON.stringify(grant), grantPlace(signedIn), env.ENCRYPTION_KEY),
    seal(JSON.stringify(credential), tokenPlace(signedIn), env.ENCRYPTION_KEY),
  ]);
  const ahead = Math.min(AHEAD_MS, Math.max(0, expiresAt - now) * AHEAD_SHARE);
  return {
    version,
    sealed,
    token: { grantId: signedIn.grantId, version, expiresAt, sealed: token },
    obtainedAt: now,
    refreshAt: grant.refresh === null ? null : Math.floor(expiresAt - ahead),
  };
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

/** What KV holds, or null where that is none. */
export function readToken(value: string | null): SealedToken | null {
  const token = value === null ? undefined : object(parse(value));
  if (typeof token?.grantId !== "string" || typeof token.sealed !== "string") return null;
  return typeof token.expiresAt === "number" && typeof token.version === "number"
    ? { grantId: token.grantId, version: token.version, expiresAt: token.expiresAt, sealed: token.sealed }
    : null;
}
