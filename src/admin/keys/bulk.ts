/** Many keys in one call: each has a result of its own, and one that fails does not stop the others. */
import type { VerbContext, VerbResult } from "../api/context.ts";
import { errorOf } from "../api/refusal.ts";
import { changeKeys, type KeyChange } from "./changes.ts";
import { makeKeys } from "./making.ts";
import { keyView } from "./records.ts";
import type { ApiKeyOutcomes, ApiKeyWithSecretView, CreateApiKeys, DeleteApiKeys, UpdateApiKeys } from "./schema.ts";
import { deletionAt, updateOf } from "./verbs.ts";

/**
 * Makes keys that differ in nothing but name: all of them, or none. Their gates are not told: a gate that was never
 * told reads D1 when its key is first used, and a hundred object requests are saved.
 */
export async function createApiKeys(
  context: VerbContext,
  { count, name_prefix, ...input }: CreateApiKeys,
): Promise<VerbResult<{ items: ApiKeyWithSecretView[] }>> {
  const digits = String(count).length;
  const names = Array.from({ length: count }, (_, at) => `${name_prefix}-${String(at + 1).padStart(digits, "0")}`);
  const made = await makeKeys(context, names, input);
  if (!made.ok) return made;
  return { ok: true, value: { items: made.value.map(({ row, key }) => ({ ...keyView(row), api_key: key })) } };
}

export async function updateApiKeys(
  context: VerbContext,
  { ids, ...input }: UpdateApiKeys,
): Promise<VerbResult<ApiKeyOutcomes>> {
  const update = await updateOf(context.env, input);
  return update.ok ? changeAll(context, ids, update.value) : update;
}

export function deleteApiKeys(context: VerbContext, { ids }: DeleteApiKeys): Promise<VerbResult<ApiKeyOutcomes>> {
  return changeAll(context, ids, deletionAt(context.now));
}

async function changeAll(context: VerbContext, ids: string[], change: KeyChange): Promise<VerbResult<ApiKeyOutcomes>> {
  const changed = await changeKeys(context, ids, change);
  const results = [...changed].map(([id, result]) => ({ id, error: result.ok ? null : errorOf(result.refusal) }));
  const failed = results.filter(({ error }) => error !== null).length;
  return { ok: true, value: { updated: results.length - failed, failed, results } };
}
