/** What an account's Keeper reads and writes in D1. */
import { record } from "../events.ts";
import { again } from "../ground/again.ts";
import type { Leaving } from "../vault/exit.ts";
import type { AccountHealth } from "./health.ts";

const PAUSES_MS = [1_000, 5_000];

/**
 * Makes every isolate read the accounts again, and with them this account's token. Never rejects: if D1 does not take it, isolates read
 * the token again when the one that they remember comes near its end.
 */
export async function rereadAccounts(env: Env, accountId: string): Promise<void> {
  const raise = env.DB.prepare("UPDATE settings SET value = value + 1 WHERE name = 'snapshot_version'");
  try {
    await again(PAUSES_MS, () => raise.run());
  } catch (error) {
    record({ event: "project_untold", account: accountId, error });
  }
}

/** Where and how the account's requests leave; null: there is no such account. Throws if D1 does not answer. */
export async function leavingOf({ DB }: Env, accountId: string): Promise<Leaving | null> {
  const row = await DB.prepare(
    `SELECT base_url, egress, sealed FROM accounts LEFT JOIN egress_headers ON account_id = id WHERE id = ?`,
  )
    .bind(accountId)
    .first<{ base_url: string; egress: string; sealed: string | null }>();
  return row && { id: accountId, baseUrl: row.base_url, egress: JSON.parse(row.egress), egressHeaders: row.sealed };
}

/** Writes one row, and the version that isolates compare every 10 seconds. Throws if D1 does not take it. */
export async function writeHealth({ DB }: Env, accountId: string | null, health: AccountHealth): Promise<void> {
  await DB.batch([
    DB.prepare(
      `INSERT INTO account_health (account_id, health, updated_at) VALUES (?1, ?2, ?3)
       ON CONFLICT DO UPDATE SET health = excluded.health, updated_at = excluded.updated_at`,
    ).bind(accountId, JSON.stringify(health), Date.now()),
    DB.prepare("UPDATE settings SET value = value + 1 WHERE name = 'health_version'"),
  ]);
}

/**
 * Whether an account whose Keeper has a sign-in exists, was deleted, or was never made, because whoever was making it left or was
 * refused. The audit trail tells the last two apart; it is read from end to end, which a lost sign-in is worth. If D1 does not answer,
 * the account counts as there.
 */
export async function whereaboutsOf({ DB }: Env, accountId: string): Promise<"there" | "deleted" | "never made"> {
  try {
    if (await DB.prepare("SELECT 1 FROM accounts WHERE id = ?").bind(accountId).first()) return "there";
    const made = await DB.prepare("SELECT 1 FROM audit WHERE target = ? LIMIT 1").bind(accountId).first();
    return made ? "deleted" : "never made";
  } catch {
    return "there";
  }
}

/** The sign-in that the account names; null: it names none, or there is no such account. Undefined if D1 does not answer. */
export async function signInNamedBy({ DB }: Env, accountId: string): Promise<string | null | undefined> {
  const row = DB.prepare("SELECT fingerprint FROM credentials WHERE account_id = ? AND position = 0").bind(accountId);
  try {
    return await row.first<string>("fingerprint");
  } catch {
    return undefined;
  }
}

/** Whether there is an account of this kind. Throws if D1 does not answer. */
export async function hasAccountOf(
  { DB }: Env,
  { platform, kind }: { platform: string; kind: string },
): Promise<boolean> {
  const sql = "SELECT 1 FROM accounts WHERE platform = ? AND kind = ? LIMIT 1";
  return (await DB.prepare(sql).bind(platform, kind).first()) !== null;
}
