/** The upstream keys of accounts: they go into D1 sealed, and only their hints come out here. */
import { asc, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { credentials } from "../store/schema.ts";
import { seal } from "../vault/seal.ts";

type CredentialRow = typeof credentials.$inferInsert;

/** Seals each key for its place; the position is the order in which they are tried. */
export function sealedRows(env: Env, accountId: string, keys: string[]): Promise<CredentialRow[]> {
  return Promise.all(
    keys.map(async (key, position) => ({
      accountId,
      position,
      sealed: await seal(key, "credentials", `${accountId}/${position}`, env.ENCRYPTION_KEY),
      hint: hintOf(key),
    })),
  );
}

/** Four characters tell keys apart; of a short secret they would give away too much. */
export function hintOf(key: string): string {
  return key.length >= 16 ? key.slice(-4) : "";
}

/** D1 binds at most 100 parameters to a statement, and a credential has four. */
const CREDENTIALS_PER_INSERT = 25;

/** The statements that store them, for the batch of the change that they belong to. */
export function insertCredentials(env: Env, rows: CredentialRow[]) {
  const statements = [];
  for (let at = 0; at < rows.length; at += CREDENTIALS_PER_INSERT) {
    statements.push(
      drizzle(env.DB)
        .insert(credentials)
        .values(rows.slice(at, at + CREDENTIALS_PER_INSERT)),
    );
  }
  return statements;
}

export interface Hint {
  accountId: string;
  hint: string;
}

/** The hints of several accounts in one query; the ids travel as one JSON parameter because D1 binds at most 100. */
export async function hintsOf(env: Env, accountIds: string[]): Promise<Hint[]> {
  if (accountIds.length === 0) return [];
  const ids = JSON.stringify(accountIds);
  return drizzle(env.DB)
    .select({ accountId: credentials.accountId, hint: credentials.hint })
    .from(credentials)
    .where(sql`${credentials.accountId} in (select value from json_each(${ids}))`)
    .orderBy(asc(credentials.accountId), asc(credentials.position));
}
