/** The upstream keys of accounts: they go into D1 sealed, and only their hints come out here. */
import { and, asc, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Credential, Kind } from "../../providers/kind.ts";
import { accounts, credentials } from "../../store/schema.ts";
import { credentialId, sealCredential } from "../../vault/credentials.ts";
import { credentialPlace } from "../../vault/places.ts";
import type { ShownKey } from "./standing.ts";

type CredentialRow = typeof credentials.$inferInsert;

/** Seals each key for its place and for where the account sends it; the position is the order in which they are tried. */
export function sealedRows(
  env: Env,
  account: { id: string; kind: Kind; baseUrl: string },
  given: readonly Credential[],
): Promise<CredentialRow[]> {
  return Promise.all(
    given.map(async (credential, position) => ({
      accountId: account.id,
      position,
      ...(await sealCredential(credential, credentialPlace(account, position), env.ENCRYPTION_KEY)),
      hint: hintOf(credential.secret),
    })),
  );
}

/** Four characters tell keys apart; of a short secret they would give away too much. */
function hintOf(key: string): string {
  return key.length >= 16 ? key.slice(-4) : "";
}

/** Whether the account is still as it was read, in the transaction that asks. */
const stillAt = (accountId: string, version: number) =>
  sql`exists (select 1 from ${accounts} where ${accounts.id} = ${accountId} and ${accounts.updatedAt} = ${version})`;

/**
 * The statement that stores them, all in one JSON parameter because D1 binds at most 100. It stores nothing where the
 * account's `updated_at` is not `version`: the keys are sealed for the base URL that was read.
 */
export function insertCredentials(env: Env, accountId: string, version: number, rows: CredentialRow[]) {
  return drizzle(env.DB)
    .insert(credentials)
    .select(
      sql`select given.value ->> 'accountId', given.value ->> 'position', given.value ->> 'sealed',
          given.value ->> 'hint', given.value ->> 'fingerprint'
          from json_each(${JSON.stringify(rows)}) as given where ${stillAt(accountId, version)}`,
    );
}

/** The statement that removes all that an account has, where it still is as it was read. */
export function deleteCredentials(env: Env, accountId: string, version: number) {
  return drizzle(env.DB)
    .delete(credentials)
    .where(and(eq(credentials.accountId, accountId), stillAt(accountId, version)));
}

/** A key of an account as it may be shown. */
export interface Hint extends ShownKey {
  accountId: string;
}

/** The hints of several accounts in one query; the ids travel as one JSON parameter because D1 binds at most 100. */
export async function hintsOf(env: Env, accountIds: string[]): Promise<Hint[]> {
  if (accountIds.length === 0) return [];
  const ids = JSON.stringify(accountIds);
  const rows = await drizzle(env.DB)
    .select()
    .from(credentials)
    .where(sql`${credentials.accountId} in (select value from json_each(${ids}))`)
    .orderBy(asc(credentials.accountId), asc(credentials.position));
  return rows.map((row) => ({
    accountId: row.accountId,
    id: credentialId(row),
    position: row.position,
    hint: row.hint,
  }));
}
