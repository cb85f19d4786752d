/**
 * Which accounts are in which groups, from either side. Lists of ids travel as one JSON parameter each, because D1 binds at most 100. A
 * membership is written only if both of its ends exist at that moment.
 */
import { asc, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { accountGroups, accounts, groupMembers } from "../../store/schema.ts";
import type { AccountChoice } from "../accounts/choice.ts";
import type { FieldProblem } from "../api/refusal.ts";

export interface Membership {
  groupId: string;
  accountId: string;
}

/** The accounts of several groups, oldest account first. */
export async function membersOf(env: Env, groupIds: string[]): Promise<Membership[]> {
  if (groupIds.length === 0) return [];
  return drizzle(env.DB)
    .select()
    .from(groupMembers)
    .where(sql`${groupMembers.groupId} in (select value from json_each(${JSON.stringify(groupIds)}))`)
    .orderBy(asc(groupMembers.groupId), asc(groupMembers.accountId));
}

/** The groups of several accounts, oldest group first. Reads all memberships: there is no index by account. */
export async function groupsOf(env: Env, chosen: AccountChoice): Promise<Membership[]> {
  return drizzle(env.DB)
    .select()
    .from(groupMembers)
    .where(chosen(groupMembers.accountId))
    .orderBy(asc(groupMembers.groupId));
}

/** The statements that give a group exactly these accounts. */
export function setMembers(env: Env, groupId: string, accountIds: string[]) {
  const db = drizzle(env.DB);
  return [
    db.delete(groupMembers).where(eq(groupMembers.groupId, groupId)),
    db.insert(groupMembers).select(
      sql`select ${accountGroups.id}, ${accounts.id} from ${accountGroups}, ${accounts}
          where ${accountGroups.id} = ${groupId}
          and ${accounts.id} in (select value from json_each(${JSON.stringify(accountIds)}))`,
    ),
  ] as const;
}

/** The statements that put an account into exactly these groups. */
export function setGroups(env: Env, accountId: string, groupIds: string[]) {
  const db = drizzle(env.DB);
  return [
    db.delete(groupMembers).where(eq(groupMembers.accountId, accountId)),
    db.insert(groupMembers).select(
      sql`select ${accountGroups.id}, ${accounts.id} from ${accountGroups}, ${accounts}
          where ${accounts.id} = ${accountId}
          and ${accountGroups.id} in (select value from json_each(${JSON.stringify(groupIds)}))`,
    ),
  ] as const;
}

/** The problems of a list of accounts: each one that does not exist, by its place. */
export async function accountProblems(env: Env, ids: string[] | undefined): Promise<FieldProblem[]> {
  if (!ids || ids.length === 0) return [];
  const db = drizzle(env.DB);
  const among = sql`${accounts.id} in (select value from json_each(${JSON.stringify(ids)}))`;
  const known = await db.select({ id: accounts.id }).from(accounts).where(among);
  return missing(ids, known).map((at) => ({
    field: `account_ids.${at}`,
    message: "names no account",
    code: "not_found",
  }));
}

/** The same for a list of groups. */
export async function groupProblems(env: Env, ids: string[] | undefined): Promise<FieldProblem[]> {
  if (!ids || ids.length === 0) return [];
  const db = drizzle(env.DB);
  const among = sql`${accountGroups.id} in (select value from json_each(${JSON.stringify(ids)}))`;
  const known = await db.select({ id: accountGroups.id }).from(accountGroups).where(among);
  return missing(ids, known).map((at) => ({ field: `group_ids.${at}`, message: "names no group", code: "not_found" }));
}

function missing(ids: string[], known: { id: string }[]): number[] {
  const there = new Set(known.map(({ id }) => id));
  return ids.flatMap((id, at) => (there.has(id) ? [] : [at]));
}
