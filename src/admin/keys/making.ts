/** Making relay keys, one or a hundred that differ in nothing but name: one transaction, whatever their number. */
import { OPEN_POLICY } from "../../gate/policy.ts";
import { apiKeyId, makeApiKey } from "../../keys/api-key.ts";
import { apiKeyPlace } from "../../vault/places.ts";
import { seal } from "../../vault/seal.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { invalid } from "../api/refusal.ts";
import { changesBetween } from "../audit/changes.ts";
import { auditMany } from "../audit/record.ts";
import { overlay } from "../templates/fields.ts";
import { policyProblems, withFields } from "./policy-fields.ts";
import { type KeyRecord, viewOf } from "./records.ts";
import { bindingProblems, namedTier } from "./references.ts";
import type { CreateApiKey } from "./schema.ts";

export interface MadeKey {
  row: KeyRecord;
  /** The key itself; nothing but the answer may hold it. */
  key: string;
}

/** The same policy and words for all travel once, so that a hundred keys fit into one parameter each. */
const INSERT_KEYS = `INSERT INTO api_keys
    (id, name, description, owner, tags, policy, template_id, sealed, hint, created_at, updated_at, deleted_at)
  SELECT made.value ->> 'id', made.value ->> 'name', ?1, ?2, ?3, ?4, ?5, made.value ->> 'sealed', made.value ->> 'hint',
    ?6, ?6, NULL
  FROM json_each(?7) AS made`;

/** Makes a key per name. The fields given win over those of the template that `rate_limit_tier` names. */
export async function makeKeys(
  context: VerbContext,
  names: string[],
  input: Omit<CreateApiKey, "name">,
): Promise<VerbResult<MadeKey[]>> {
  const { env, now } = context;
  const named = await namedTier(env, input.rate_limit_tier);
  if (!named.ok) return { ok: false, refusal: invalid(named.problem) };
  const { tier } = named;
  const fields = tier ? overlay(tier.fields, input) : input;
  const policy = withFields(OPEN_POLICY, fields);
  const problems = [...policyProblems(policy, fields), ...(await bindingProblems(env, fields))];
  if (problems.length > 0) return { ok: false, refusal: invalid(...problems) };

  const common = {
    description: input.description ?? "",
    owner: input.owner ?? "",
    tags: [...new Set(input.tags)],
    policy,
    templateId: tier?.id ?? null,
    tier: tier?.name ?? null,
    createdAt: now,
    updatedAt: now,
    deletedAt: null,
  };
  const made = await Promise.all(
    names.map(async (name): Promise<MadeKey> => {
      const key = await makeApiKey(env.KEY_SECRET);
      const id = await apiKeyId(key);
      const sealed = await seal(key, apiKeyPlace(id), env.ENCRYPTION_KEY);
      return { key, row: { ...common, id, name, sealed, hint: key.slice(-4) } };
    }),
  );
  const { description, owner, tags, templateId } = common;
  const rows = made.map(({ row: { id, name, sealed, hint } }) => ({ id, name, sealed, hint }));
  await env.DB.batch([
    env.DB.prepare(INSERT_KEYS).bind(
      description,
      owner,
      JSON.stringify(tags),
      JSON.stringify(policy),
      templateId,
      now,
      JSON.stringify(rows),
    ),
    auditMany(context, {
      action: "api-key.create",
      entries: made.map(({ row }) => ({
        target: row.id,
        detail: { name: row.name },
        changes: changesBetween(null, viewOf(row)),
      })),
    }),
  ]);
  return { ok: true, value: made };
}
