/** Relay keys as D1 has them, with the name of the template that they follow, and the form in which the API shows them. */
import { eq, getTableColumns, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { apiKeys, keyFigures, templates } from "../../store/schema.ts";
import { auditFormsOf, viewOf } from "../api/fields.ts";
import { isoTime } from "../api/values.ts";
import { type Changes, changesBetween } from "../audit/changes.ts";
import { POLICY_FIELDS, policyView, RECORD_FIELDS } from "./fields.ts";
import type { ApiKeyView } from "./schema.ts";

export type ApiKeyRow = typeof apiKeys.$inferSelect;

/** `tier` is the template's name. */
export type KeyRecord = ApiKeyRow & { tier: string | null };

export const NO_SUCH_KEY = {
  ok: false,
  refusal: { reason: "not_found", message: "There is no such API key" },
} as const;

/** The query for records, which the caller narrows. */
export function selectKeys(env: Env) {
  return drizzle(env.DB)
    .select({ ...getTableColumns(apiKeys), tier: templates.name })
    .from(apiKeys)
    .leftJoin(templates, eq(templates.id, apiKeys.templateId));
}

/** The same with what their gates reported last. */
export function selectKeysWithFigures(env: Env) {
  return drizzle(env.DB)
    .select({ row: { ...getTableColumns(apiKeys), tier: templates.name }, figures: keyFigures })
    .from(apiKeys)
    .leftJoin(templates, eq(templates.id, apiKeys.templateId))
    .leftJoin(keyFigures, eq(keyFigures.keyId, apiKeys.id));
}

export async function keyById(env: Env, id: string): Promise<KeyRecord | undefined> {
  return selectKeys(env).where(eq(apiKeys.id, id)).get();
}

/** Those of the ids that exist, in one query. The ids travel as one parameter, because D1 binds at most 100. */
export async function keysByIds(env: Env, ids: string[]): Promise<KeyRecord[]> {
  return selectKeys(env).where(sql`${apiKeys.id} in (select value from json_each(${JSON.stringify(ids)}))`);
}

/**
 * The columns of a key, each with the SQL that reads it from JSON. Keys travel as JSON by the hundred, and a new column needs no change
 * here.
 */
export function columnsFrom(jsonOf: (member: keyof ApiKeyRow) => string): { column: string; from: string }[] {
  return Object.entries(getTableColumns(apiKeys)).map(([member, { name, dataType }]) => ({
    column: name,
    from: `${jsonOf(member as keyof ApiKeyRow)} ${dataType === "json" ? "->" : "->>"} '${member}'`,
  }));
}

export function keyView(row: KeyRecord): ApiKeyView {
  return {
    id: row.id,
    name: row.name,
    ...viewOf(RECORD_FIELDS, row),
    hint: `…${row.hint}`,
    revealable: row.sealed !== "",
    rate_limit_tier: row.tier,
    ...policyView(row.policy),
    created_at: isoTime(row.createdAt),
    updated_at: isoTime(row.updatedAt),
    imported_from: row.importedFrom || null,
    deleted_at: row.deletedAt === null ? null : isoTime(row.deletedAt),
  };
}

const AUDIT_FORMS = auditFormsOf({ ...RECORD_FIELDS, ...POLICY_FIELDS });

/** For the audit trail. `before` null: the key is created. */
export function changesOf(before: KeyRecord | null, after: KeyRecord): Changes {
  return changesBetween(before && keyView(before), keyView(after), AUDIT_FORMS);
}
