/**
 * The accounts, their groups and their health as one isolate remembers them: a cache of D1, never the truth.
 *
 * Two version rows are compared every 10 seconds, and what they stand for is read again only when they have moved:
 * re-reading 200 accounts that often would eat the free plan's 5 million row reads a day.
 */
import { inArray } from "drizzle-orm";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import { toHex } from "../keys/hex.ts";
import type { AccountHealth } from "../pool/health.ts";
import { STRATEGIES, type Strategy } from "../pool/strategy.ts";
import { open } from "../vault/seal.ts";
import { accountGroups, accountHealth, accounts, credentials, groupMembers, settings } from "./schema.ts";

/** An upstream account with its secrets opened. Never logged, never sent anywhere but upstream. */
export type Account = typeof accounts.$inferSelect & {
  /** Upstream keys in order of preference, each with the id its health is remembered under. */
  apiKeys: { id: string; secret: string }[];
};

export interface Pool {
  accounts: Account[];
  /** Group id → its strategy and the ids of its members. */
  groups: Map<string, { strategy: Strategy; members: Set<string> }>;
  /** How accounts are ranked for keys that are bound to no group. */
  strategy: Strategy;
  /** Account id → health; absent: nothing is known against it. Updated in place by what this isolate learns. */
  health: Map<string, AccountHealth>;
}

/** A pool without accounts. */
export const EMPTY_POOL: Pool = { accounts: [], groups: new Map(), strategy: "priority", health: new Map() };

const CHECK_EVERY_MS = 10_000;
const NO_ACCOUNTS: readonly Account[] = [];

let pool: Pool | undefined;
let versions = { snapshot: "", health: "" };
let checkedAt = Number.NEGATIVE_INFINITY;
let loading: Promise<Pool> | undefined;

/** The pool; synchronous while it is fresh. `now` in milliseconds; at most 10 seconds behind a change made elsewhere. */
export function loadPool(env: Env, now: number): Pool | Promise<Pool> {
  if (pool && now - checkedAt < CHECK_EVERY_MS) return pool;
  loading ??= refresh(env, now).finally(() => {
    loading = undefined;
  });
  return loading;
}

/** What is remembered at this moment, however old: for estimates that must not wait. */
export function rememberedAccounts(): readonly Account[] {
  return pool?.accounts ?? NO_ACCOUNTS;
}

/** Call after a change made by this isolate, so that its own next request sees it. */
export function forgetSnapshot(): void {
  checkedAt = Number.NEGATIVE_INFINITY;
  versions = { snapshot: "", health: "" };
}

/** Keeps what is remembered where D1 does not answer: accounts that worked ten seconds ago still do. */
async function refresh(env: Env, now: number): Promise<Pool> {
  try {
    return await read(env, now);
  } catch (error) {
    if (!pool) throw error;
    console.error(`accounts could not be read again, going on with those known: ${String(error)}`);
    checkedAt = now;
    return pool;
  }
}

async function read(env: Env, now: number): Promise<Pool> {
  const db = drizzle(env.DB);
  const rows = await db
    .select()
    .from(settings)
    .where(inArray(settings.name, ["snapshot_version", "health_version", "pool_strategy"]));
  const setting = (name: string) => rows.find((row) => row.name === name)?.value ?? "";
  const current = { snapshot: setting("snapshot_version"), health: setting("health_version") };

  if (!pool || versions.snapshot !== current.snapshot) {
    const health = pool?.health ?? new Map();
    pool = { ...(await readAccounts(db, env)), strategy: strategyOf(setting("pool_strategy")), health };
  }
  if (versions.health !== current.health) {
    const known = await db.select().from(accountHealth);
    pool.health = new Map(known.map((row) => [row.accountId, row.health]));
  }
  versions = current;
  checkedAt = now;
  return pool;
}

async function readAccounts(db: DrizzleD1Database, env: Env): Promise<Pick<Pool, "accounts" | "groups">> {
  const [accountRows, credentialRows, groupRows, memberRows] = await db.batch([
    db.select().from(accounts),
    db.select().from(credentials),
    db.select().from(accountGroups),
    db.select().from(groupMembers),
  ]);
  const opened = await Promise.all(
    accountRows.map(async (account) => {
      const own = credentialRows.filter((credential) => credential.accountId === account.id);
      return { ...account, apiKeys: await openCredentials(own, env.ENCRYPTION_KEY) };
    }),
  );
  const groups = groupRows.map(({ id, strategy }) => {
    const members = memberRows.filter((member) => member.groupId === id).map((member) => member.accountId);
    return [id, { strategy: strategyOf(strategy), members: new Set(members) }] as const;
  });
  return { accounts: opened, groups: new Map(groups) };
}

/** A credential that does not open (sealed under a key that is gone) costs its account that key, not the whole pool. */
async function openCredentials(
  rows: (typeof credentials.$inferSelect)[],
  encryptionKey: string,
): Promise<Account["apiKeys"]> {
  const opened = await Promise.all(
    rows
      .sort((a, b) => a.position - b.position)
      .map(async ({ accountId, position, sealed }) => {
        try {
          const secret = await open(sealed, "credentials", `${accountId}/${position}`, encryptionKey);
          return { id: await keyIdOf(secret), secret };
        } catch (error) {
          console.error(`credential ${accountId}/${position} cannot be opened: ${String(error)}`);
          return null;
        }
      }),
  );
  return opened.filter((key) => key !== null);
}

/** A key's own fingerprint, so that what is remembered of it survives a change of order and not a change of key. */
async function keyIdOf(secret: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
  return toHex(new Uint8Array(digest, 0, 6));
}

function strategyOf(value: string): Strategy {
  return STRATEGIES.find((strategy) => strategy === value) ?? "priority";
}
