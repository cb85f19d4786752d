/** What keys and templates refer to (an account, a group, a template), and who refers to a given one. */
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { accountGroups, accounts, templates } from "../../store/schema.ts";
import { aliasGroupProblems } from "../aliases/verbs.ts";
import type { FieldProblem } from "../api/refusal.ts";
import { givenFields } from "../templates/fields.ts";
import type { PolicyFields } from "./fields.ts";

/** A template that a key should follow. */
export interface Tier {
  id: string;
  name: string;
  fields: PolicyFields;
}

/** The template of that name; a problem if there is none; null if none is named. */
export async function namedTier(
  env: Env,
  name: string | null | undefined,
): Promise<{ ok: true; tier: Tier | null } | { ok: false; problem: FieldProblem }> {
  if (!name) return { ok: true, tier: null };
  const row = await drizzle(env.DB).select().from(templates).where(eq(templates.name, name)).get();
  if (!row)
    return { ok: false, problem: { field: "rate_limit_tier", message: "names no template", code: "not_found" } };
  return { ok: true, tier: { id: row.id, name: row.name, fields: givenFields(row.fields) } };
}

/** The problems of the accounts and groups that the fields name. */
export async function bindingProblems(env: Env, fields: PolicyFields): Promise<FieldProblem[]> {
  const problems: FieldProblem[] = [];
  if (fields.bound_account_id) {
    const known = drizzle(env.DB).select({ id: accounts.id }).from(accounts);
    if (!(await known.where(eq(accounts.id, fields.bound_account_id)).get())) {
      problems.push({ field: "bound_account_id", message: "names no account", code: "not_found" });
    }
  }
  if (fields.bound_group_id) {
    const known = drizzle(env.DB).select({ id: accountGroups.id }).from(accountGroups);
    if (!(await known.where(eq(accountGroups.id, fields.bound_group_id)).get())) {
      problems.push({ field: "bound_group_id", message: "names no group", code: "not_found" });
    }
  }
  const lists = Object.entries(fields.model_aliases ?? {}).map(([name, targets]) => [`model_aliases.${name}`, targets]);
  return [...problems, ...(await aliasGroupProblems(env, Object.fromEntries(lists)))];
}

export interface Bound {
  keys: number;
  templates: number;
  /** How many aliases name the group; 0 for an account. */
  aliases: number;
}

/**
 * Which keys, templates and aliases refer to an account or a group: what deleting it would leave without an upstream. Deleted keys do not
 * count. Reads every key, so it is only for rare actions. `by`: the kind of binding.
 */
export async function boundTo(env: Env, by: "account" | "group", id: string): Promise<Bound> {
  const [policyPath, fieldPath] =
    by === "account" ? ["$.boundAccountId", "$.bound_account_id"] : ["$.boundGroupId", "$.bound_group_id"];
  const counted = env.DB.prepare(
    `SELECT (SELECT count(*) FROM api_keys WHERE deleted_at IS NULL AND policy ->> ?1 = ?3) AS keys,
            (SELECT count(*) FROM templates WHERE fields ->> ?2 = ?3) AS templates,
            (SELECT count(*) FROM model_aliases WHERE EXISTS (
               SELECT 1 FROM json_each(targets) WHERE value ->> 'group' = ?3)) AS aliases`,
  ).bind(policyPath, fieldPath, id);
  return (await counted.first<Bound>()) ?? { keys: 0, templates: 0, aliases: 0 };
}

/** `2 API keys and 1 template`; null if nothing is bound. */
export function boundText({ keys, templates, aliases }: Bound): string | null {
  const parts = [
    keys > 0 ? `${keys} API key${keys === 1 ? "" : "s"}` : [],
    templates > 0 ? `${templates} template${templates === 1 ? "" : "s"}` : [],
    aliases > 0 ? `${aliases} alias${aliases === 1 ? "" : "es"}` : [],
  ].flat();
  return parts.length > 0 ? parts.join(" and ") : null;
}
