/**
 * Writes a template's fields into the keys that follow it, a hundred per call. Each takes one row in D1 and one call to its gate. Fields
 * that the template does not have stay as they are in each key.
 */
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { VerbContext } from "../api/context.ts";
import { errorOf, invalid } from "../api/refusal.ts";
import { changeKeys } from "../keys/changes.ts";
import { policyProblems, withFields } from "../keys/fields.ts";
import { givenFields, type TemplateFields } from "./fields.ts";
import type { AppliedView } from "./schema.ts";

const KEYS_PER_CALL = 100;

/**
 * Applies the template to the next keys after `cursor`, in the order of their ids. A key that has the values already is not written, but
 * its gate is told again, so that a second run repairs what a gate missed in the first.
 */
export async function applyToKeys(
  context: VerbContext,
  template: { id: string; fields: TemplateFields },
  cursor = "",
): Promise<AppliedView> {
  const fields = givenFields(template.fields);
  const page = await drizzle(context.env.DB).all<{ id: string; remaining: number }>(
    sql`select id, count(*) over () as remaining from api_keys
        where template_id = ${template.id} and deleted_at is null and id > ${cursor} order by id limit ${KEYS_PER_CALL}`,
  );
  const asBefore = new Set<string>();
  const results = await changeKeys(
    context,
    page.map(({ id }) => id),
    {
      action: "api-key.apply-template",
      fields: Object.keys(template.fields),
      decide: (row) => {
        const policy = withFields(row.policy, fields);
        const follows = row.templateId === template.id && row.deletedAt === null;
        if (!follows || JSON.stringify(policy) === JSON.stringify(row.policy)) {
          asBefore.add(row.id);
          return { ok: true, value: null };
        }
        const problems = policyProblems(policy, fields);
        return problems.length > 0 ? { ok: false, refusal: invalid(...problems) } : { ok: true, value: { policy } };
      },
    },
  );
  const failures = [...results].flatMap(([id, result]) => (result.ok ? [] : [{ id, error: errorOf(result.refusal) }]));
  const unchanged = [...asBefore].filter((id) => results.get(id)?.ok).length;
  const left = (page[0]?.remaining ?? 0) - page.length;
  return {
    updated: page.length - failures.length - unchanged,
    unchanged,
    failed: failures.length,
    left,
    next_cursor: left > 0 ? (page.at(-1)?.id ?? null) : null,
    failures,
  };
}
