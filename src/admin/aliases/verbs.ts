/**
 * Aliases of models: creating, listing, changing and deleting them. Every change raises `snapshot_version` in its own transaction, as
 * changes of accounts do.
 */
import { and, count, desc, eq, gte, lt, ne, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { recordId } from "../../ground/record-id.ts";
import { accountGroups, modelAliases } from "../../store/schema.ts";
import { forgetSnapshot } from "../../store/snapshot.ts";
import type { AliasTarget } from "../../vocabulary.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { type Page, readPage } from "../api/paging.ts";
import { conflict, type FieldProblem, invalid } from "../api/refusal.ts";
import { raiseSnapshotVersion } from "../api/snapshot-version.ts";
import { type AuditForms, changesBetween } from "../audit/changes.ts";
import { auditChange } from "../audit/record.ts";
import { starProblems } from "./fields.ts";
import { type AliasView, type CreateAlias, type ListAliases, MAX_ALIASES, type UpdateAlias } from "./schema.ts";

type AliasRow = typeof modelAliases.$inferSelect;

const NO_SUCH_ALIAS = { ok: false, refusal: { reason: "not_found", message: "There is no such alias" } } as const;

const AUDITED: AuditForms = { note: "length" };

/** One page of aliases, newest first. */
export async function listAliases(
  { env }: VerbContext,
  { search, cursor, limit }: ListAliases,
): Promise<VerbResult<Page<AliasView>>> {
  const db = drizzle(env.DB);
  const filter = search ? sql`instr(lower(${modelAliases.name}), lower(${search})) > 0` : undefined;
  const behindCursor = cursor ? lt(modelAliases.id, cursor) : undefined;
  const { rows, next } = await readPage<AliasRow, string>({
    limit,
    filtered: filter !== undefined,
    positionOf: (row) => row.id,
    positionAt: async (offset) => {
      const at = db.select({ id: modelAliases.id }).from(modelAliases).where(behindCursor);
      return (await at.orderBy(desc(modelAliases.id)).limit(1).offset(offset).get())?.id ?? null;
    },
    rows: (end, most) => {
      const within = and(behindCursor, end ? gte(modelAliases.id, end) : undefined, filter);
      return db.select().from(modelAliases).where(within).orderBy(desc(modelAliases.id)).limit(most).all();
    },
  });
  return { ok: true, value: { items: rows.map(viewOf), next_cursor: next } };
}

export async function readAlias({ env }: VerbContext, id: string): Promise<VerbResult<AliasView>> {
  const row = await drizzle(env.DB).select().from(modelAliases).where(eq(modelAliases.id, id)).get();
  return row ? { ok: true, value: viewOf(row) } : NO_SUCH_ALIAS;
}

export async function createAlias(context: VerbContext, input: CreateAlias): Promise<VerbResult<AliasView>> {
  const { env, now } = context;
  const { name, targets, note = "" } = input;
  const problems = await problemsOf(env, name, targets);
  if (problems.length > 0) return { ok: false, refusal: invalid(...problems) };
  const db = drizzle(env.DB);
  const existing = await db.select({ all: count() }).from(modelAliases).get();
  if ((existing?.all ?? 0) >= MAX_ALIASES) return conflict(`There are ${MAX_ALIASES} aliases already, and no more fit`);
  const row: AliasRow = { id: recordId("als", now), name, targets, note, createdAt: now, updatedAt: now };
  const [made] = await db.batch([
    db.insert(modelAliases).values(row).onConflictDoNothing().returning({ id: modelAliases.id }),
    auditChange(context, {
      action: "alias.create",
      target: row.id,
      detail: { name },
      changes: changesBetween(null, { name, targets, note }, AUDITED),
    }),
    raiseSnapshotVersion(env),
  ]);
  forgetSnapshot();
  return made.length > 0 ? { ok: true, value: viewOf(row) } : nameTaken(name);
}

/** Changes the given fields. */
export async function updateAlias(
  context: VerbContext,
  id: string,
  input: UpdateAlias,
): Promise<VerbResult<AliasView>> {
  const { env, now } = context;
  const db = drizzle(env.DB);
  const row = await db.select().from(modelAliases).where(eq(modelAliases.id, id)).get();
  if (!row) return NO_SUCH_ALIAS;
  const { name = row.name, targets = row.targets, note = row.note } = input;
  const problems = await problemsOf(env, name, targets);
  if (problems.length > 0) return { ok: false, refusal: invalid(...problems) };
  const others = db.select({ id: modelAliases.id }).from(modelAliases);
  if (await others.where(and(eq(modelAliases.name, name), ne(modelAliases.id, id))).get()) return nameTaken(name);
  const before = viewOf(row);
  const [changed] = await db.batch([
    db.update(modelAliases).set({ name, targets, note, updatedAt: now }).where(eq(modelAliases.id, id)).returning(),
    auditChange(context, {
      action: "alias.update",
      target: id,
      detail: { name: row.name, fields: Object.keys(input) },
      changes: changesBetween(before, { ...before, name, targets, note }, AUDITED),
    }),
    raiseSnapshotVersion(env),
  ]);
  forgetSnapshot();
  const [next] = changed;
  return next ? { ok: true, value: viewOf(next) } : NO_SUCH_ALIAS;
}

export async function deleteAlias(
  context: VerbContext,
  id: string,
): Promise<VerbResult<{ id: string; deleted: true }>> {
  const { env } = context;
  const db = drizzle(env.DB);
  const row = await db.select().from(modelAliases).where(eq(modelAliases.id, id)).get();
  if (!row) return NO_SUCH_ALIAS;
  await db.batch([
    db.delete(modelAliases).where(eq(modelAliases.id, id)),
    auditChange(context, {
      action: "alias.delete",
      target: id,
      detail: { name: row.name },
      changes: changesBetween(viewOf(row), null, AUDITED),
    }),
    raiseSnapshotVersion(env),
  ]);
  forgetSnapshot();
  return { ok: true, value: { id, deleted: true } };
}

async function problemsOf(env: Env, name: string, targets: readonly AliasTarget[]): Promise<FieldProblem[]> {
  return [...starProblems(name, targets, "targets"), ...(await aliasGroupProblems(env, { targets }))];
}

/** The problems with groups that targets name: each that does not exist, by its place. Keys: where the targets are. */
export async function aliasGroupProblems(
  env: Env,
  lists: Readonly<Record<string, readonly AliasTarget[]>>,
): Promise<FieldProblem[]> {
  const named = Object.entries(lists).flatMap(([at, targets]) =>
    targets.flatMap(({ group }, place) => (group === undefined ? [] : [{ field: `${at}.${place}.group`, group }])),
  );
  if (named.length === 0) return [];
  const ids = JSON.stringify(named.map(({ group }) => group));
  const among = sql`${accountGroups.id} in (select value from json_each(${ids}))`;
  const known = await drizzle(env.DB).select({ id: accountGroups.id }).from(accountGroups).where(among);
  const there = new Set(known.map(({ id }) => id));
  return named.flatMap(({ field, group }): FieldProblem[] =>
    there.has(group) ? [] : [{ field, message: "names no group", code: "not_found" }],
  );
}

function nameTaken(name: string) {
  return conflict(`There is an alias called ${name} already`);
}

function viewOf({ id, name, targets, note, createdAt, updatedAt }: AliasRow): AliasView {
  const [created_at, updated_at] = [new Date(createdAt).toISOString(), new Date(updatedAt).toISOString()];
  return { id, name, targets, note, created_at, updated_at };
}
