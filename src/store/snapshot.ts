/**
 * The accounts as one isolate remembers them: a cache of D1, never the truth.
 *
 * One version row is compared every 10 seconds and the accounts are read again only when it has moved: re-reading
 * 200 accounts that often would eat the free plan's 5 million row reads a day.
 */
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { open } from "../vault/seal.ts";
import type { Platform } from "../vocabulary.ts";
import { accounts, credentials, settings } from "./schema.ts";

/** An upstream account with its secrets opened. Never logged, never sent anywhere but upstream. */
export interface Account {
  id: string;
  name: string;
  platform: Platform;
  kind: "api-key";
  baseUrl: string;
  priority: number;
  schedulable: boolean;
  /** In thousandths of the list price. */
  costMultiplierMilli: number;
  modelMapping: Record<string, string>;
  extraHeaders: Record<string, string>;
  /** One or several upstream keys, in order of preference. */
  apiKeys: string[];
}

const CHECK_EVERY_MS = 10_000;

interface Snapshot {
  version: string;
  checkedAt: number;
  accounts: Account[];
}

let snapshot: Snapshot | undefined;
let loading: Promise<Account[]> | undefined;

/** All accounts. `now` in milliseconds since the epoch; at most 10 seconds behind a change made elsewhere. */
export function loadAccounts(env: Env, now: number): Account[] | Promise<Account[]> {
  if (snapshot && now - snapshot.checkedAt < CHECK_EVERY_MS) return snapshot.accounts;
  loading ??= refresh(env, now).finally(() => {
    loading = undefined;
  });
  return loading;
}

/** What is remembered at this moment, however old: for estimates that must not wait. */
export function rememberedAccounts(): readonly Account[] {
  return snapshot?.accounts ?? [];
}

/** Call after a change made by this isolate, so that its own next request sees it. */
export function forgetSnapshot(): void {
  snapshot = undefined;
}

async function refresh(env: Env, now: number): Promise<Account[]> {
  const db = drizzle(env.DB);
  const [row] = await db.select().from(settings).where(eq(settings.name, "snapshot_version"));
  const version = row?.value ?? "0";
  if (snapshot?.version === version) {
    snapshot.checkedAt = now;
    return snapshot.accounts;
  }
  const [accountRows, credentialRows] = await db.batch([db.select().from(accounts), db.select().from(credentials)]);
  const opened = await Promise.all(
    accountRows.map(async (account): Promise<Account> => {
      const own = credentialRows.filter((credential) => credential.accountId === account.id);
      own.sort((a, b) => a.position - b.position);
      const apiKeys = await Promise.all(
        own.map(({ sealed, position }) => open(sealed, "credentials", `${account.id}/${position}`, env.ENCRYPTION_KEY)),
      );
      return { ...account, apiKeys };
    }),
  );
  snapshot = { version, checkedAt: now, accounts: opened };
  return opened;
}
