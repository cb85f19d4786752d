/** What a key's or a template's fields name elsewhere: what it is bound to, and the template it follows. */
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { accountGroups, accounts, templates } from "../../store/schema.ts";
import type { FieldProblem } from "../api/refusal.ts";
import { givenFields } from "../templates/fields.ts";
import type { PolicyFields } from "./fields.ts";

/** A template that a key is to follow. */
export interface Tier {
  id: string;
  name: string;
  fields: PolicyFields;
}

/** The template of that name; a problem where there is none; null where none is named. */
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

/** What is wrong with the account or group that the fields bind to. */
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
  return problems;
}
