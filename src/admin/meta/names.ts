/**
 * The names of the ids that other records refer to, and the state of the accounts. Every page of the console needs these, and nothing
 * else of any record. Only the newest of each; the lists have the others.
 */
import { desc, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { accounts, apiKeys } from "../../store/schema.ts";
import type { Platform } from "../../vocabulary.ts";
import { accountsBetween } from "../accounts/choice.ts";
import { hintsOf } from "../accounts/credentials.ts";
import type { AccountStatus } from "../accounts/schema.ts";
import { standingOf } from "../accounts/standing.ts";
import { answersOf, healthOf } from "../accounts/views.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";

export const MOST_NAMES = 200;

export interface NamesView {
  /** Newest first, including deleted ones, because the log still refers to them. */
  keys: { id: string; name: string; owner: string; enabled: boolean; deleted: boolean }[];
  /** Newest first. */
  accounts: {
    id: string;
    name: string;
    platform: Platform;
    kind: string;
    schedulable: boolean;
    status: AccountStatus;
  }[];
}

export async function readNames({ env, now }: VerbContext): Promise<VerbResult<NamesView>> {
  const db = drizzle(env.DB);
  const [keys, rows] = await db.batch([
    db
      .select({
        ...{ id: apiKeys.id, name: apiKeys.name, owner: apiKeys.owner, deletedAt: apiKeys.deletedAt },
        enabled: sql<number>`json_extract(${apiKeys.policy}, '$.enabled')`,
      })
      .from(apiKeys)
      .orderBy(desc(apiKeys.createdAt), desc(apiKeys.id))
      .limit(MOST_NAMES),
    db
      .select({
        ...{ id: accounts.id, name: accounts.name, platform: accounts.platform, kind: accounts.kind },
        ...{ schedulable: accounts.schedulable, expiresAt: accounts.expiresAt },
      })
      .from(accounts)
      .orderBy(desc(accounts.id))
      .limit(MOST_NAMES),
  ]);
  const [newest, oldest] = [rows[0], rows.at(-1)];
  const chosen = accountsBetween(oldest?.id ?? "", newest?.id ?? "");
  const [hints, health, answers] = await Promise.all([
    hintsOf(env, chosen),
    healthOf(env, chosen),
    answersOf(env, chosen),
  ]);
  return {
    ok: true,
    value: {
      keys: keys.map(({ id, name, owner, enabled, deletedAt }) => ({
        ...{ id, name, owner, enabled: enabled === 1, deleted: deletedAt !== null },
      })),
      accounts: rows.map((row) => {
        const keys = hints.filter(({ accountId }) => accountId === row.id);
        const known = { health: health.get(row.id), keys, answeredAt: answers.get(row.id) ?? null };
        const { id, name, platform, kind, schedulable } = row;
        return { id, name, platform, kind, schedulable, status: standingOf(row, known, now).status };
      }),
    },
  };
}
