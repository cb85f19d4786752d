/** Relay keys as D1 has them, with the name of the template they follow, and the face that the API shows of one. */
import { eq, getTableColumns, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { apiKeys, templates } from "../../store/schema.ts";
import { policyView } from "./policy-fields.ts";
import type { ApiKeyView } from "./schema.ts";

export type ApiKeyRow = typeof apiKeys.$inferSelect;

/** `tier` is the template's name. */
export type KeyRecord = ApiKeyRow & { tier: string | null };

export const NO_SUCH_KEY = {
  ok: false,
  refusal: { reason: "not_found", message: "There is no such API key" },
} as const;

/** The query of records, for its caller to narrow. */
export function selectKeys(env: Env) {
  return drizzle(env.DB)
    .select({ ...getTableColumns(apiKeys), tier: templates.name })
    .from(apiKeys)
    .leftJoin(templates, eq(templates.id, apiKeys.templateId));
}

export async function keyById(env: Env, id: string): Promise<KeyRecord | undefined> {
  return selectKeys(env).where(eq(apiKeys.id, id)).get();
}

/** Those of the ids that exist, in one query; the ids travel as one parameter because D1 binds at most 100. */
export async function keysByIds(env: Env, ids: string[]): Promise<KeyRecord[]> {
  return selectKeys(env).where(sql`${apiKeys.id} in (select value from json_each(${JSON.stringify(ids)}))`);
}

export function viewOf(row: KeyRecord): ApiKeyView {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    owner: row.owner,
    tags: row.tags,
    hint: `…${row.hint}`,
    rate_limit_tier: row.tier,
    ...policyView(row.policy),
    created_at: new Date(row.createdAt).toISOString(),
    updated_at: new Date(row.updatedAt).toISOString(),
    deleted_at: row.deletedAt === null ? null : new Date(row.deletedAt).toISOString(),
  };
}
