/**
 * Groups of accounts: creating, listing, changing and deleting them. Every change raises `snapshot_version` in its own transaction, as
 * changes of accounts do.
 */
import { and, desc, eq, gte, lt, ne, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { recordId } from "../../ground/record-id.ts";
import { accountGroups, groupMembers } from "../../store/schema.ts";
import { forgetSnapshot } from "../../store/snapshot.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import type { Page } from "../api/paging.ts";
import { readPage } from "../api/paging.ts";
import { conflict, invalid } from "../api/refusal.ts";
import { raiseSnapshotVersion } from "../api/snapshot-version.ts";
import { changesBetween } from "../audit/changes.ts";
import { auditChange } from "../audit/record.ts";
import { boundText, boundTo } from "../keys/references.ts";
import { accountProblems, type Membership, membersOf, setMembers } from "./members.ts";
import type { CreateGroup, GroupView, ListGroups, UpdateGroup } from "./schema.ts";

type GroupRow = typeof accountGroups.$inferSelect;

const NO_SUCH_GROUP = { ok: false, refusal: { reason: "not_found", message: "There is no such group" } } as const;

/** One page of groups with their members, newest first. */
export async function listGroups(
  { env }: VerbContext,
  { search, cursor, limit }: ListGroups,
): Promise<VerbResult<Page<GroupView>>> {
  const db = drizzle(env.DB);
  const filter = search ? sql`instr(lower(${accountGroups.name}), lower(${search})) > 0` : undefined;
  const behindCursor = cursor ? lt(accountGroups.id, cursor) : undefined;
  const { rows, next } = await readPage<GroupRow, string>({
    limit,
    filtered: filter !== undefined,
    positionOf: (row) => row.id,
    positionAt: async (offset) => {
      const at = db.select({ id: accountGroups.id }).from(accountGroups).where(behindCursor);
      return (await at.orderBy(desc(accountGroups.id)).limit(1).offset(offset).get())?.id ?? null;
    },
    rows: (end, most) => {
      const within = and(behindCursor, end ? gte(accountGroups.id, end) : undefined, filter);
      return db.select().from(accountGroups).where(within).orderBy(desc(accountGroups.id)).limit(most).all();
    },
  });
  const members = await membersOf(
    env,
    rows.map(({ id }) => id),
  );
  return { ok: true, value: { items: rows.map((row) => viewOf(row, members)), next_cursor: next } };
}

export async function readGroup({ env }: VerbContext, id: string): Promise<VerbResult<GroupView>> {
  const row = await drizzle(env.DB).select().from(accountGroups).where(eq(accountGroups.id, id)).get();
  return row ? { ok: true, value: viewOf(row, await membersOf(env, [id])) } : NO_SUCH_GROUP;
}

export async function createGroup(context: VerbContext, input: CreateGroup): Promise<VerbResult<GroupView>> {
  const { env, now } = context;
  const { name, strategy = "priority", account_ids = [] } = input;
  const problems = await accountProblems(env, account_ids);
  if (problems.length > 0) return { ok: false, refusal: invalid(...problems) };
  const row: GroupRow = { id: recordId("grp", now), name, strategy, createdAt: now, updatedAt: now };
  const db = drizzle(env.DB);
  const [made] = await db.batch([
    db.insert(accountGroups).values(row).onConflictDoNothing().returning({ id: accountGroups.id }),
    auditChange(context, {
      action: "group.create",
      target: row.id,
      detail: { name },
      changes: changesBetween(null, { name, strategy, account_ids }, {}),
    }),
    ...setMembers(env, row.id, account_ids),
    raiseSnapshotVersion(env),
  ]);
  forgetSnapshot();
  return made.length > 0 ? { ok: true, value: viewOf(row, await membersOf(env, [row.id])) } : nameTaken(name);
}

/** Changes the given fields. `account_ids`, if given, replace all former members. */
export async function updateGroup(
  context: VerbContext,
  id: string,
  input: UpdateGroup,
): Promise<VerbResult<GroupView>> {
  const { env, now } = context;
  const { name, strategy, account_ids } = input;
  const db = drizzle(env.DB);
  const row = await db.select().from(accountGroups).where(eq(accountGroups.id, id)).get();
  if (!row) return NO_SUCH_GROUP;
  const problems = await accountProblems(env, account_ids);
  if (problems.length > 0) return { ok: false, refusal: invalid(...problems) };
  if (name !== undefined) {
    const others = db.select({ id: accountGroups.id }).from(accountGroups);
    if (await others.where(and(eq(accountGroups.name, name), ne(accountGroups.id, id))).get()) return nameTaken(name);
  }
  const before = viewOf(row, await membersOf(env, [id]));
  const given = { ...input, ...(account_ids && { account_ids: [...new Set(account_ids)].sort() }) };
  const [changed] = await db.batch([
    db.update(accountGroups).set({ name, strategy, updatedAt: now }).where(eq(accountGroups.id, id)).returning(),
    auditChange(context, {
      action: "group.update",
      target: id,
      detail: { name: row.name, fields: Object.keys(input) },
      changes: changesBetween(before, { ...before, ...given }, {}),
    }),
    ...(account_ids ? setMembers(env, id, account_ids) : []),
    raiseSnapshotVersion(env),
  ]);
  forgetSnapshot();
  const [next] = changed;
  return next ? { ok: true, value: viewOf(next, await membersOf(env, [id])) } : NO_SUCH_GROUP;
}

/** Deletes the group; its accounts stay. Refused while keys are bound to it, because they would be left without an upstream. */
export async function deleteGroup(
  context: VerbContext,
  id: string,
): Promise<VerbResult<{ id: string; deleted: true }>> {
  const { env } = context;
  const db = drizzle(env.DB);
  const row = await db.select().from(accountGroups).where(eq(accountGroups.id, id)).get();
  if (!row) return NO_SUCH_GROUP;
  const bound = await boundTo(env, "group", id);
  const text = boundText(bound);
  if (text !== null) {
    const verb = bound.keys + bound.templates + bound.aliases === 1 ? "is" : "are";
    return conflict(`${text} ${verb} bound to the group ${row.name}; bind them elsewhere first`);
  }
  const before = viewOf(row, await membersOf(env, [id]));
  await db.batch([
    db.delete(accountGroups).where(eq(accountGroups.id, id)),
    auditChange(context, {
      action: "group.delete",
      target: id,
      detail: { name: row.name },
      changes: changesBetween(before, null, {}),
    }),
    db.delete(groupMembers).where(eq(groupMembers.groupId, id)),
    raiseSnapshotVersion(env),
  ]);
  forgetSnapshot();
  return { ok: true, value: { id, deleted: true } };
}

function nameTaken(name: string) {
  return conflict(`There is a group called ${name} already`);
}

function viewOf(row: GroupRow, members: Membership[]): GroupView {
  return {
    id: row.id,
    name: row.name,
    strategy: row.strategy,
    account_ids: members.filter(({ groupId }) => groupId === row.id).map(({ accountId }) => accountId),
    created_at: new Date(row.createdAt).toISOString(),
    updated_at: new Date(row.updatedAt).toISOString(),
  };
}
