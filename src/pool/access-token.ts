/**
 * The access tokens of accounts that are signed in to. A token is remembered here until near its end, then the next one is read from
 * KV, where the account's Keeper has put it well before. So a healthy request asks no object. The Keeper is asked only if KV has no
 * good token, or if the provider has refused one.
 */
import { record } from "../events.ts";
import { MINUTE_MS, SECOND_MS } from "../ground/durations.ts";
import type { TokenCredential } from "../providers/kind.ts";
import { openToken, readToken, type SealedToken, tokenKey } from "../vault/grant.ts";
import type { TokenAnswer } from "../vault/tokens.ts";
import type { Account, AccountKey } from "./account.ts";
import { callKeeper } from "./call-keeper.ts";

interface Known {
  /** Null: there was no token to be had. */
  credential: TokenCredential | null;
  /** Before this nobody looks again, milliseconds since the epoch. */
  until: number;
}

/** Values and no promises: a promise of one request may never settle for another. */
const known = new WeakMap<AccountKey, Known>();

/**
 * How long before a token's end the next one is looked for. The Keeper has it by then (AHEAD_MS in vault/grant.ts), and KV shows it
 * everywhere a minute later.
 */
const LOOK_AHEAD_MS = 5 * MINUTE_MS;
const LOOK_EVERY_MS = 30 * SECOND_MS;
/** A token that ends sooner is not used: it may end on its way. */
const MARGIN_MS = 30 * SECOND_MS;
/** If there was no token to be had, requests do not ask again for so long. */
const NONE_FOR_MS = 2 * SECOND_MS;
const PAUSES_MS = [0, 100];

/** The token of the account's sign-in; null if there is none at the moment: another account may do. Never rejects. */
export async function accessToken(env: Env, account: Account, key: AccountKey): Promise<TokenCredential | null> {
  const now = Date.now();
  const remembered = known.get(key);
  if (remembered && now < remembered.until) return remembered.credential;
  return (await fromKv(env, account, key, now)) ?? fromKeeper(env, account, key, null);
}

/** A newer token than the one that the provider has just refused; null if there is none. Never rejects. */
export async function newerToken(
  env: Env,
  account: Account,
  key: AccountKey,
  refused: TokenCredential,
): Promise<TokenCredential | null> {
  const remembered = known.get(key)?.credential;
  if (remembered && remembered.version > refused.version) return remembered;
  return fromKeeper(env, account, key, refused.version);
}

async function fromKv(env: Env, account: Account, key: AccountKey, now: number): Promise<TokenCredential | null> {
  try {
    const token = readToken(await env.KV.get(tokenKey(account.id)));
    if (!token || token.grantId !== key.id || token.expiresAt - MARGIN_MS <= now) return null;
    const credential = await remember(env, account, key, token);
    return isWhole(account, credential) ? credential : null;
  } catch (error) {
    record({ event: "credential_unreadable", account: account.id, position: key.position, error });
    return null;
  }
}

async function fromKeeper(
  env: Env,
  account: Account,
  key: AccountKey,
  refused: number | null,
): Promise<TokenCredential | null> {
  try {
    const answer = await callKeeper<TokenAnswer>(env, account.id, PAUSES_MS, async (keeper) =>
      keeper.token(key.id, refused),
    );
    if (answer.state === "token") return await remember(env, account, key, answer.token);
    if (answer.state === "unknown") {
      const error = "its Keeper has no such sign-in";
      record({ event: "credential_unreadable", account: account.id, position: key.position, error });
    }
  } catch (error) {
    record({ event: "keeper_unreachable", account: account.id, error });
  }
  // If there is no newer token, the refused one is kept: it may have been refused for something else than its age.
  if (refused === null) known.set(key, { credential: null, until: Date.now() + NONE_FOR_MS });
  return null;
}

async function remember(env: Env, account: Account, key: AccountKey, token: SealedToken): Promise<TokenCredential> {
  const { id: accountId, baseUrl, egress } = account;
  const signedIn = { accountId, grantId: key.id, baseUrl, egress };
  const credential = await openToken(token, signedIn, env);
  const { expiresAt } = credential;
  const now = Date.now();
  const good = Math.max(expiresAt - LOOK_AHEAD_MS, Math.min(now + LOOK_EVERY_MS, expiresAt - MARGIN_MS));
  const until = isWhole(account, credential) ? good : now + LOOK_EVERY_MS;
  known.set(key, { credential, until });
  return credential;
}

/**
 * Whether the token has the project that its kind needs. A new sign-in gets its project a moment after its first token, and KV may show
 * that first token for a minute.
 */
function isWhole({ kind }: Account, { project }: TokenCredential): boolean {
  return kind.oauth?.project === undefined || project !== null;
}
