/** Templates: named sets of key policy fields. `apply.ts` writes a changed template into its keys. */
import { and, desc, eq, gte, lt, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { recordId } from "../../ground/record-id.ts";
import { OPEN_POLICY } from "../../keys/policy.ts";
import { apiKeys, templates } from "../../store/schema.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { withOtherUnits } from "../api/fields.ts";
import type { Page } from "../api/paging.ts";
import { readPage } from "../api/paging.ts";
import { conflict, invalid } from "../api/refusal.ts";
import { type AuditForms, changesBetween } from "../audit/changes.ts";
import { auditChange } from "../audit/record.ts";
import { POLICY_FIELDS, type PolicyFields, policyProblems, withFields } from "../keys/fields.ts";
import { bindingProblems } from "../keys/references.ts";
import { applyToKeys } from "./apply.ts";
import { givenFields, overlay, storedFields } from "./fields.ts";
import type {
  AppliedView,
  ApplyTemplate,
  CreateTemplate,
  ListTemplates,
  TemplateView,
  UpdatedTemplateView,
  UpdateTemplate,
} from "./schema.ts";

type TemplateRow = typeof templates.$inferSelect;

const AUDIT_FORMS: AuditForms = { description: "length" };

const NO_SUCH_TEMPLATE = {
  ok: false,
  refusal: { reason: "not_found", message: "There is no such template" },
} as const;

/** One page of templates, newest first. */
export async function listTemplates(
  { env }: VerbContext,
  { search, cursor, limit }: ListTemplates,
): Promise<VerbResult<Page<TemplateView>>> {
  const db = drizzle(env.DB);
  const filter = search ? sql`instr(lower(${templates.name}), lower(${search})) > 0` : undefined;
  const behindCursor = cursor ? lt(templates.id, cursor) : undefined;
  const { rows, next } = await readPage<TemplateRow, string>({
    limit,
    filtered: filter !== undefined,
    positionOf: (row) => row.id,
    positionAt: async (offset) => {
      const at = db.select({ id: templates.id }).from(templates).where(behindCursor).orderBy(desc(templates.id));
      return (await at.limit(1).offset(offset).get())?.id ?? null;
    },
    rows: (end, most) => {
      const found = db.select().from(templates);
      const within = and(behindCursor, end ? gte(templates.id, end) : undefined, filter);
      return found.where(within).orderBy(desc(templates.id)).limit(most).all();
    },
  });
  return { ok: true, value: { items: rows.map(templateView), next_cursor: next } };
}

export async function readTemplate({ env }: VerbContext, id: string): Promise<VerbResult<TemplateView>> {
  const row = await rowOf(env, id);
  return row ? { ok: true, value: templateView(row) } : NO_SUCH_TEMPLATE;
}

export async function createTemplate(
  context: VerbContext,
  { name, description = "", ...given }: CreateTemplate,
): Promise<VerbResult<TemplateView>> {
  const { env, now } = context;
  const problems = await fieldProblems(env, given);
  if (problems.length > 0) return { ok: false, refusal: invalid(...problems) };
  const row: TemplateRow = {
    id: recordId("tpl", now),
    name,
    description,
    fields: storedFields(given),
    createdAt: now,
    updatedAt: now,
  };
  const db = drizzle(env.DB);
  const [made] = await db.batch([
    db.insert(templates).values(row).onConflictDoNothing().returning({ id: templates.id }),
    auditChange(context, {
      action: "template.create",
      target: row.id,
      detail: { name },
      changes: changesBetween(null, templateView(row), AUDIT_FORMS),
    }),
  ]);
  return made.length > 0 ? { ok: true, value: templateView(row) } : nameTaken(name);
}

/** So many lost races in a row are no coincidence. */
const MAX_ROUNDS = 5;

/** Changes the given fields. If two people change a template at once, the second change builds on the first. */
export async function updateTemplate(
  context: VerbContext,
  id: string,
  input: UpdateTemplate,
): Promise<VerbResult<UpdatedTemplateView>> {
  const { env, now } = context;
  const { name, description, unset = [], apply_to_keys = false, ...given } = input;
  const db = drizzle(env.DB);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const row = await rowOf(env, id);
    if (!row) return NO_SUCH_TEMPLATE;
    // A lifetime is removed in both of its units. Otherwise the other unit would say that there is none.
    const gone = withOtherUnits(POLICY_FIELDS, unset);
    const kept = Object.fromEntries(Object.entries(row.fields).filter(([field]) => !gone.has(field)));
    const fields = overlay(givenFields(kept), given);
    const problems = await fieldProblems(env, fields);
    if (problems.length > 0) return { ok: false, refusal: invalid(...problems) };
    if (name !== undefined && name !== row.name && (await idOf(env, name))) return nameTaken(name);
    const next = {
      name: name ?? row.name,
      description: description ?? row.description,
      fields: storedFields(fields),
      updatedAt: Math.max(now, row.updatedAt + 1),
    };
    const [[changed]] = await db.batch([
      db
        .update(templates)
        .set(next)
        .where(and(eq(templates.id, id), eq(templates.updatedAt, row.updatedAt)))
        .returning(),
      auditChange(context, {
        action: "template.update",
        target: id,
        detail: { name: row.name, fields: Object.keys(input) },
        changes: changesBetween(templateView(row), templateView({ ...row, ...next }), AUDIT_FORMS),
      }),
    ]);
    if (!changed) continue;
    const applied = apply_to_keys ? { applied: await applyToKeys(context, changed) } : {};
    return { ok: true, value: { ...templateView(changed), ...applied } };
  }
  return conflict("Others keep changing this template at the same moment; try again");
}

export async function applyTemplate(
  context: VerbContext,
  id: string,
  { cursor }: ApplyTemplate,
): Promise<VerbResult<AppliedView>> {
  const row = await rowOf(context.env, id);
  return row ? { ok: true, value: await applyToKeys(context, row, cursor) } : NO_SUCH_TEMPLATE;
}

/** Deletes the template. Its keys keep what they have, and no longer follow any. */
export async function deleteTemplate(
  context: VerbContext,
  id: string,
): Promise<VerbResult<{ id: string; deleted: true }>> {
  const { env } = context;
  const row = await rowOf(env, id);
  if (!row) return NO_SUCH_TEMPLATE;
  const db = drizzle(env.DB);
  await db.batch([
    db.delete(templates).where(eq(templates.id, id)),
    auditChange(context, {
      action: "template.delete",
      target: id,
      detail: { name: row.name },
      changes: changesBetween(templateView(row), null, AUDIT_FORMS),
    }),
    // This counts as a change of the key, so that a change in progress does not write the old template back.
    db
      .update(apiKeys)
      .set({ templateId: null, updatedAt: sql`${apiKeys.updatedAt} + 1` })
      .where(eq(apiKeys.templateId, id)),
  ]);
  return { ok: true, value: { id, deleted: true } };
}

async function rowOf(env: Env, id: string): Promise<TemplateRow | undefined> {
  return drizzle(env.DB).select().from(templates).where(eq(templates.id, id)).get();
}

async function idOf(env: Env, name: string): Promise<string | undefined> {
  const found = drizzle(env.DB).select({ id: templates.id }).from(templates).where(eq(templates.name, name));
  return (await found.get())?.id;
}

/** The reasons for which a new key made from only these fields would be refused. */
async function fieldProblems(env: Env, fields: PolicyFields) {
  return [...policyProblems(withFields(OPEN_POLICY, fields), fields), ...(await bindingProblems(env, fields))];
}

function nameTaken(name: string) {
  return conflict(`There is a template called ${name} already`);
}

function templateView(row: TemplateRow): TemplateView {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    ...row.fields,
    created_at: new Date(row.createdAt).toISOString(),
    updated_at: new Date(row.updatedAt).toISOString(),
  };
}
