/**
 * The upstream keys of accounts. They go into D1 sealed, and only their hints are returned here. A sign-in goes to the account's Keeper,
 * and D1 has only its name.
 */
import { and, asc, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { record } from "../../events.ts";
import { toHex } from "../../ground/hex.ts";
import { callKeeper } from "../../pool/call-keeper.ts";
import type { Way } from "../../providers/destination.ts";
import type { GivenCredential, GivenGrant, KeyCredential, Kind } from "../../providers/kind.ts";
import { accounts, credentials } from "../../store/schema.ts";
import { credentialId, sealCredential } from "../../vault/credentials.ts";
import { credentialPlace } from "../../vault/places.ts";
import { seal } from "../../vault/seal.ts";
import type { NewGrant } from "../../vault/tokens.ts";
import type { AccountChoice } from "./choice.ts";
import type { ShownKey } from "./standing.ts";

type CredentialRow = typeof credentials.$inferInsert;

/** The account that owns the keys, and where they go. */
interface Owner extends Way {
  id: string;
  kind: Kind;
  /** "": none is named. */
  projectId: string;
}

/**
 * The rows for the given credentials. Each key is sealed for its place and for where the account sends it; its position is the order in
 * which keys are tried. A sign-in becomes its name.
 */
export function sealedRows(
  env: Env,
  account: Owner,
  given: readonly GivenCredential[],
  now: number,
): Promise<CredentialRow[]> {
  return Promise.all(
    given.map(async (credential, position) => {
      const place = credentialPlace(account, position);
      const row = { accountId: account.id, position };
      if (credential.type !== "grant") {
        const sealed = await sealCredential(credential, place, env.ENCRYPTION_KEY);
        return { ...row, ...sealed, hint: hintOf(shownOf(credential)), endsAt: null };
      }
      const fingerprint = toHex(crypto.getRandomValues(new Uint8Array(12)));
      const sealed = await seal(fingerprint, place, env.ENCRYPTION_KEY);
      return {
        ...row,
        sealed,
        fingerprint,
        hint: "",
        endsAt: credential.refresh ? null : endOf(account, credential, now),
      };
    }),
  );
}

/** The given sign-in as the account's Keeper takes it; the first of `rows` names it. Null if none was given. */
export function signInGiven(
  account: Owner,
  [row]: readonly CredentialRow[],
  [given]: readonly GivenCredential[],
  now: number,
  isNew: boolean,
): NewGrant | null {
  if (given?.type !== "grant" || !row) return null;
  const { id: accountId, kind, baseUrl, egress, projectId: namedProject } = account;
  const { access, refresh, accountId: owner } = given;
  const grant = {
    access,
    refresh,
    expiresAt: endOf(account, given, now),
    ...(owner !== undefined && { accountId: owner }),
  };
  const way = { baseUrl, ...(egress && { egress }) };
  const place = { accountId, grantId: row.fingerprint ?? "", ...way, platform: kind.platform, kind: kind.name };
  return { ...place, madeAt: now, grant, isNew, ...(namedProject !== "" && { namedProject }) };
}

/** Gives it to the Keeper, to be used now (`adopt`) or once D1 names it (`offer`). Throws if the Keeper does not answer. */
export async function giveToKeeper(env: Env, how: "adopt" | "offer", signIn: NewGrant): Promise<void> {
  await callKeeper(env, signIn.accountId, KEEPER_PAUSES_MS, (keeper) => keeper[how](signIn));
}

/** The account is gone. Never rejects: a Keeper that cannot be told finds out within a day. */
export async function forgetSignIn(env: Env, accountId: string, isWanted = false): Promise<void> {
  try {
    await callKeeper(env, accountId, KEEPER_PAUSES_MS, (keeper) => keeper.forget(isWanted));
  } catch (error) {
    record({ event: "sign_in_not_forgotten", account: accountId, error });
  }
}

const KEEPER_PAUSES_MS = [0, 250, 1_000];

/** A renewable token of unknown lifetime counts as ended, so it is renewed before its first use. */
function endOf({ kind }: Owner, { refresh, expiresAt }: GivenGrant, now: number): number {
  return expiresAt ?? (refresh === null ? now + (kind.oauth?.lifetimeMs ?? 0) : now);
}

/** The text by which a key is recognised. AWS too shows the id of an access key. */
function shownOf(credential: KeyCredential): string {
  switch (credential.type) {
    case "aws":
      return credential.accessKeyId;
    // Google lists the keys of a service account by their ids.
    case "service-account":
      return credential.keyId ?? "";
    case "api-key":
      return credential.secret;
  }
}

/** Four characters tell keys apart. Of a short secret they would give away too much. */
function hintOf(key: string): string {
  return key.length >= 16 ? key.slice(-4) : "";
}

/** Whether the account is still as it was read, checked in the same transaction. */
export const stillAt = (accountId: string, version: number) =>
  sql`exists (select 1 from ${accounts} where ${accounts.id} = ${accountId} and ${accounts.updatedAt} = ${version})`;

/**
 * The statement that stores the rows, all in one JSON parameter, because D1 binds at most 100. It stores nothing if the account's
 * `updated_at` is not `version`, because the keys are sealed for the base URL that was read.
 */
export function insertCredentials(env: Env, accountId: string, version: number, rows: CredentialRow[]) {
  return drizzle(env.DB)
    .insert(credentials)
    .select(
      sql`select given.value ->> 'accountId', given.value ->> 'position', given.value ->> 'sealed',
          given.value ->> 'hint', given.value ->> 'fingerprint', given.value ->> 'endsAt'
          from json_each(${JSON.stringify(rows)}) as given where ${stillAt(accountId, version)}`,
    );
}

/** The statement that removes all credentials of an account, if it is still as it was read. */
export function deleteCredentials(env: Env, accountId: string, version: number) {
  return drizzle(env.DB)
    .delete(credentials)
    .where(and(eq(credentials.accountId, accountId), stillAt(accountId, version)));
}

/** A key of an account, in the form that may be shown. */
export interface Hint extends ShownKey {
  accountId: string;
  endsAt: number | null;
}

/** The keys of each of the accounts, in the order in which they are tried. */
export async function hintsOf(env: Env, chosen: AccountChoice): Promise<Hint[]> {
  const rows = await drizzle(env.DB)
    .select()
    .from(credentials)
    .where(chosen(credentials.accountId))
    .orderBy(asc(credentials.accountId), asc(credentials.position));
  return rows.map((row) => ({
    accountId: row.accountId,
    id: credentialId(row),
    position: row.position,
    hint: row.hint,
    endsAt: row.endsAt,
  }));
}
