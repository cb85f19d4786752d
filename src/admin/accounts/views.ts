/** Accounts as the API shows them: the record, its keys' hints, its groups, and how it is doing. Never a secret. */
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { AccountHealth } from "../../pool/health.ts";
import { accountAnswers, accountHealth, type accounts, modelGaps } from "../../store/schema.ts";
import type { VerbContext } from "../api/context.ts";
import { viewOf } from "../api/fields.ts";
import { isoTime } from "../api/values.ts";
import { groupsOf } from "../groups/members.ts";
import { hintsOf } from "./credentials.ts";
import { headerNamesOf } from "./egress.ts";
import { ACCOUNT_FIELDS } from "./fields.ts";
import type { AccountStandingView, AccountView } from "./schema.ts";
import { standingOf } from "./standing.ts";

type AccountRow = typeof accounts.$inferSelect;

/** The views of the rows, in their order: six queries, however many rows. */
export async function accountViews({ env, now }: VerbContext, rows: AccountRow[]): Promise<AccountView[]> {
  const ids = rows.map(({ id }) => id);
  const [hints, memberships, health, answers, gaps, headerNames] = await Promise.all([
    hintsOf(env, ids),
    groupsOf(env, ids),
    healthOf(env, ids),
    answersOf(env, ids),
    gapsOf(env, ids),
    headerNamesOf(env, ids),
  ]);
  return rows.map((row) => {
    const own = hints.filter(({ accountId }) => accountId === row.id);
    const groups = memberships.filter(({ accountId }) => accountId === row.id).map(({ groupId }) => groupId);
    return {
      ...recordView(row, own, groups, headerNames.get(row.id)),
      ...standingOf(row, { health: health.get(row.id), keys: own, answeredAt: answers.get(row.id) ?? null }, now),
      unsupported_parameters: gaps.filter(({ accountId }) => accountId === row.id).map(gapView),
    };
  });
}

async function gapsOf(env: Env, accountIds: string[]): Promise<(typeof modelGaps.$inferSelect)[]> {
  if (accountIds.length === 0) return [];
  const among = sql`${modelGaps.accountId} in (select value from json_each(${JSON.stringify(accountIds)}))`;
  return drizzle(env.DB).select().from(modelGaps).where(among);
}

function gapView({ model, parameter, createdAt }: typeof modelGaps.$inferSelect) {
  return { model, parameter, since: isoTime(createdAt) };
}

/** What is written down of an account, without how it is doing. */
export function recordView(
  row: AccountRow,
  hints: readonly { hint: string; endsAt?: number | null | undefined }[],
  groupIds: string[],
  headerNames: readonly string[] = [],
): Omit<AccountView, keyof AccountStandingView | "unsupported_parameters"> {
  const signInEnd = hints.find(({ endsAt }) => endsAt)?.endsAt;
  return {
    id: row.id,
    ...viewOf(ACCOUNT_FIELDS, row),
    platform: row.platform,
    kind: row.kind,
    base_url: row.baseUrl,
    egress_header_names: [...headerNames],
    api_keys: hints.map(({ hint }) => ({ hint: `…${hint}` })),
    sign_in_ends_at: signInEnd ? isoTime(signInEnd) : null,
    group_ids: groupIds,
    created_at: isoTime(row.createdAt),
    updated_at: isoTime(row.updatedAt),
  };
}

/** The view of one row. */
export async function accountView(context: VerbContext, row: AccountRow): Promise<AccountView> {
  const [view] = await accountViews(context, [row]);
  if (!view) throw new Error("A row has a view");
  return view;
}

/** What is held against the accounts, straight from D1: a console that asks should not see this isolate's copy. */
export async function healthOf(env: Env, accountIds: string[]): Promise<Map<string, AccountHealth>> {
  if (accountIds.length === 0) return new Map();
  const among = sql`${accountHealth.accountId} in (select value from json_each(${JSON.stringify(accountIds)}))`;
  const rows = await drizzle(env.DB).select().from(accountHealth).where(among);
  return new Map(rows.map((row) => [row.accountId, row.health]));
}

/** When each answered last, milliseconds since the epoch. */
export async function answersOf(env: Env, accountIds: string[]): Promise<Map<string, number>> {
  if (accountIds.length === 0) return new Map();
  const among = sql`${accountAnswers.accountId} in (select value from json_each(${JSON.stringify(accountIds)}))`;
  const rows = await drizzle(env.DB).select().from(accountAnswers).where(among);
  return new Map(rows.map(({ accountId, answeredAt }) => [accountId, answeredAt]));
}
