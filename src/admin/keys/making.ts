/** Creates relay keys, one or a hundred that differ only in their names, in one transaction. */
import { apiKeyId, makeApiKey } from "../../keys/api-key.ts";
import { OPEN_POLICY } from "../../keys/policy.ts";
import { apiKeyPlace } from "../../vault/places.ts";
import { seal } from "../../vault/seal.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { freshOf, valuesOf } from "../api/fields.ts";
import { invalid } from "../api/refusal.ts";
import { auditMany } from "../audit/record.ts";
import { overlay } from "../templates/fields.ts";
import { policyProblems, RECORD_FIELDS, withFields } from "./fields.ts";
import { type ApiKeyRow, changesOf, columnsFrom, type KeyRecord } from "./records.ts";
import { bindingProblems, namedTier } from "./references.ts";
import type { CreateApiKey } from "./schema.ts";

export interface MadeKey {
  row: KeyRecord;
  /** The key itself. Only the answer may contain it. */
  key: string;
}

/** The members that differ from key to key. */
const OWN = ["id", "name", "sealed", "hint"] as const satisfies (keyof ApiKeyRow)[];

/** What all keys share (?1) travels once, so that a hundred keys (?2) fit into one parameter. */
const COLUMNS = columnsFrom((member) => (OWN.some((own) => own === member) ? "made.value" : "?1"));
const INSERT_KEYS = `INSERT INTO api_keys (${COLUMNS.map(({ column }) => column).join(", ")})
  SELECT ${COLUMNS.map(({ from }) => from).join(", ")} FROM json_each(?2) AS made`;

/** Makes a key for each name. The given fields count before those of the template that `rate_limit_tier` names. */
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
    ...freshOf(RECORD_FIELDS),
    ...valuesOf(RECORD_FIELDS, input),
    policy,
    templateId: tier?.id ?? null,
    tier: tier?.name ?? null,
    createdAt: now,
    updatedAt: now,
    deletedAt: null,
    importedFrom: "",
  };
  const made = await Promise.all(
    names.map(async (name): Promise<MadeKey> => {
      const key = await makeApiKey(env.KEY_SECRET);
      const id = await apiKeyId(key);
      const sealed = await seal(key, apiKeyPlace(id), env.ENCRYPTION_KEY);
      return { key, row: { ...common, id, name, sealed, hint: key.slice(-4) } };
    }),
  );
  const rows = made.map(({ row: { id, name, sealed, hint } }) => ({ id, name, sealed, hint }));
  await env.DB.batch([
    env.DB.prepare(INSERT_KEYS).bind(JSON.stringify(common), JSON.stringify(rows)),
    auditMany(context, {
      action: "api-key.create",
      entries: made.map(({ row }) => ({
        target: row.id,
        detail: { name: row.name },
        changes: changesOf(null, row),
      })),
    }),
  ]);
  return { ok: true, value: made };
}
