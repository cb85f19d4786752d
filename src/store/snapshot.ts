/**
 * The accounts, their groups, aliases and health as one isolate remembers them: a cache of D1, never the truth.
 *
 * Two version rows are compared every 10 seconds, and what they stand for is read again only if they have changed:
 * reading 200 accounts that often would eat the free plan's 5 million row reads a day.
 */
import { inArray } from "drizzle-orm";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import { record } from "../events.ts";
import type { Account } from "../pool/account.ts";
import { groupsFromRows, type Pool, strategyOf } from "../pool/pool.ts";
import type { Kind } from "../providers/kind.ts";
import { kindOf } from "../providers/kinds.ts";
import { spokenAt } from "../providers/quirks.ts";
import { credentialId } from "../vault/credentials.ts";
import { forgetKeySecrets } from "./key-secrets.ts";
import { Remembered } from "./remembered.ts";
import {
  accountGroups,
  accountHealth,
  accounts,
  credentials,
  egressHeaders,
  groupMembers,
  modelAliases,
  modelGaps,
  settings,
} from "./schema.ts";

/** How often the version rows are compared. Under load, a change made elsewhere arrives at the most this much later. */
const CHECK_EVERY_MS = 10_000;
/** While the rows are compared, what is not older than this is answered from memory, because D1 may be a continent away. */
const USABLE_MS = 60_000;
/** The most that a request waits if nothing is remembered, or only what is older. */
const PATIENCE_MS = 10_000;

interface Snapshot {
  pool: Pool;
  /** The versions that the pool was read at. */
  versions: { snapshot: string; health: string };
}

const remembered = new Remembered<Snapshot>({
  name: "accounts",
  freshMs: () => CHECK_EVERY_MS,
  usableMs: USABLE_MS,
  patienceMs: PATIENCE_MS,
});

/**
 * The pool; synchronous while a request need not wait for it. `now` in milliseconds. If D1 does not answer, the remembered
 * pool serves on; rejects if nothing is remembered at all.
 */
export function loadPool(env: Env, now: number): Pool | Promise<Pool> {
  const snapshot = remembered.get((known) => read(env, known), now);
  return snapshot instanceof Promise ? snapshot.then(({ pool }) => pool) : snapshot.pool;
}

/** Call after a change made by this isolate, so that its own next request sees it. */
export function forgetSnapshot(): void {
  remembered.forget();
}

async function read(env: Env, known: Snapshot | undefined): Promise<Snapshot> {
  const db = drizzle(env.DB);
  const rows = await db
    .select()
    .from(settings)
    .where(inArray(settings.name, ["snapshot_version", "health_version", "pool_strategy"]));
  const setting = (name: string) => rows.find((row) => row.name === name)?.value ?? "";
  const versions = { snapshot: setting("snapshot_version"), health: setting("health_version") };

  let pool = known?.pool;
  if (!pool || known?.versions.snapshot !== versions.snapshot) {
    const health = pool?.health ?? new Map();
    // A restore elsewhere may have brought keys of another relay along.
    if (known) forgetKeySecrets();
    pool = { ...(await readAccounts(db)), strategy: strategyOf(setting("pool_strategy")), health };
  }
  if (known?.versions.health !== versions.health) {
    const unwell = await db.select().from(accountHealth);
    pool.health = new Map(unwell.map((row) => [row.accountId, row.health]));
  }
  return { pool, versions };
}

async function readAccounts(db: DrizzleD1Database): Promise<Pick<Pool, "accounts" | "groups" | "aliases">> {
  const [accountRows, credentialRows, groupRows, memberRows, gapRows, aliasRows, headerRows] = await db.batch([
    db.select().from(accounts),
    db.select().from(credentials),
    db.select().from(accountGroups),
    db.select().from(groupMembers),
    db.select().from(modelGaps),
    db.select().from(modelAliases),
    db.select().from(egressHeaders),
  ]);
  const read = accountRows.flatMap((row): Account[] => {
    const kind = kindOf(row.platform, row.kind);
    if (!kind) {
      record({ event: "account_of_unknown_kind", account: row.id, kind: `${row.platform} × ${row.kind}` });
      return [];
    }
    const own = credentialRows.filter(({ accountId }) => accountId === row.id);
    const gaps = gapRows.filter(({ accountId }) => accountId === row.id);
    const headers = headerRows.find(({ accountId }) => accountId === row.id)?.sealed ?? null;
    return [accountOf(row, kind, own, gaps, headers)];
  });
  const aliases = Object.fromEntries(aliasRows.map(({ name, targets }) => [name, targets]));
  return { accounts: read, groups: groupsFromRows(groupRows, memberRows), aliases };
}

/** Makes an account from its rows. `headers`: the sealed headers of its egress; null: none. */
export function accountOf(
  row: typeof accounts.$inferSelect,
  kind: Kind,
  keys: readonly Pick<typeof credentials.$inferSelect, "position" | "sealed" | "fingerprint">[],
  gaps: readonly (typeof modelGaps.$inferSelect)[],
  headers: string | null,
): Account {
  const apiKeys = keys
    .toSorted((a, b) => a.position - b.position)
    .map(({ position, sealed, fingerprint }) => ({ id: credentialId({ sealed, fingerprint }), position, sealed }));
  const spoken = kind.apiVersions?.protocols(row.apiVersion) ?? spokenAt(row.baseUrl, kind.protocols);
  const protocols = row.protocols.length > 0 ? row.protocols : spoken;
  return { ...row, kind, protocols, gaps: gapsOf(gaps), apiKeys, egressHeaders: headers };
}

function gapsOf(rows: readonly (typeof modelGaps.$inferSelect)[]): Map<string, string[]> {
  const gaps = new Map<string, string[]>();
  for (const { model, parameter } of rows) gaps.set(model, [...(gaps.get(model) ?? []), parameter]);
  return gaps;
}
