/**
 * Creating, changing, extending, deleting and restoring relay keys, one or many per call. Every change is in D1 with its audit row first,
 * and in force at the key's gate before it is reported as done.
 */
import { HOUR_MS } from "../../ground/durations.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { valuesOf } from "../api/fields.ts";
import { conflict, errorOf, invalid } from "../api/refusal.ts";
import { overlay } from "../templates/fields.ts";
import { changeKey, changeKeys, type KeyChange } from "./changes.ts";
import { tellGate } from "./enforce.ts";
import { MAX_TAGS, policyProblems, RECORD_FIELDS, withFields } from "./fields.ts";
import { makeKeys } from "./making.ts";
import { type KeyRecord, keyById, keyView, NO_SUCH_KEY } from "./records.ts";
import { bindingProblems, namedTier } from "./references.ts";
import type {
  ApiKeyOutcomes,
  ApiKeyView,
  ApiKeyWithSecretView,
  CreateApiKey,
  CreateApiKeys,
  DeleteApiKeys,
  ExtendApiKey,
  UpdateApiKey,
  UpdateApiKeys,
} from "./schema.ts";

/** Creates a key. Only this answer, and an audited reveal, contain the key itself. */
export async function createApiKey(
  context: VerbContext,
  input: CreateApiKey,
): Promise<VerbResult<ApiKeyWithSecretView>> {
  const made = await makeKeys(context, [input.name], input);
  if (!made.ok) return made;
  const [first] = made.value;
  if (!first) throw new Error("A key was asked for and none was made");
  // A failure here loses nothing: a gate that was never told reads D1 when the key is first used.
  await tellGate(context.env, first.row);
  return { ok: true, value: { ...keyView(first.row), api_key: first.key } };
}

/** Changes the given fields and leaves the others; null removes a limit. */
export async function updateApiKey(
  context: VerbContext,
  id: string,
  input: UpdateApiKey,
): Promise<VerbResult<ApiKeyView>> {
  const update = await updateOf(context.env, input);
  return update.ok ? shown(await changeKey(context, id, update.value)) : update;
}

/** Stops the key from its next request on. The record stays, for its history and for `restoreApiKey`. Idempotent. */
export async function deleteApiKey(context: VerbContext, id: string): Promise<VerbResult<ApiKeyView>> {
  return shown(await changeKey(context, id, deletionAt(context.now)));
}

/** Restores a deleted key as it was. Idempotent. */
export async function restoreApiKey(context: VerbContext, id: string): Promise<VerbResult<ApiKeyView>> {
  const restored = await changeKey(context, id, {
    action: "api-key.restore",
    decide: (row) => ({ ok: true, value: row.deletedAt === null ? null : { deletedAt: null } }),
  });
  return shown(restored);
}

/** The last millisecond that ISO 8601 writes with a year of four digits. */
const LAST_TIME = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * Extends the life of a key: from its expiry, or from now if that has passed. Only the gate knows when a lifetime that has begun ends.
 * One that has not begun yet becomes longer.
 */
export async function extendApiKey(
  context: VerbContext,
  id: string,
  { days = 0, hours = 0 }: ExtendApiKey,
): Promise<VerbResult<ApiKeyView>> {
  const { env, now } = context;
  const longer = (days * 24 + hours) * HOUR_MS;
  const row = await keyById(env, id);
  if (!row) return NO_SUCH_KEY;
  const began = await endOfLifetime(env, row);
  if (!began.ok) return began;
  const extended = await changeKey(context, id, {
    action: "api-key.extend",
    fields: [days ? `${days} days` : `${hours} hours`],
    decide: ({ policy, deletedAt }) => {
      if (deletedAt !== null) return DELETED;
      const end = policy.expiresAt ?? began.value;
      if (end === null && policy.activationMs === null) return conflict("The key does not expire");
      if (end === null) {
        return { ok: true, value: { policy: { ...policy, activationMs: (policy.activationMs ?? 0) + longer } } };
      }
      const expiresAt = Math.max(now, end) + longer;
      if (expiresAt > LAST_TIME) return conflict("The key would expire after the year 9999");
      return { ok: true, value: { policy: { ...policy, expiresAt } } };
    },
  });
  return shown(extended);
}

/** When a lifetime that counts from the first use ends; null if there is none, or it has not begun. */
async function endOfLifetime(env: Env, { id, policy }: KeyRecord): Promise<VerbResult<number | null>> {
  if (policy.expiresAt !== null || policy.activationMs === null) return { ok: true, value: null };
  try {
    const report = await env.GATE.getByName(id).report(id);
    return { ok: true, value: report?.expiresAt ?? null };
  } catch {
    const message = "The key's gate, which knows when the key expires, did not answer. Nothing was changed; try again.";
    return { ok: false, refusal: { reason: "gate_unreachable", message } };
  }
}

const DELETED = conflict("The key is deleted; restore it first");

/**
 * Creates keys that differ only in their names: all of them, or none. Their gates are not told, which saves up to a hundred object
 * requests: a gate that was never told reads D1 when its key is first used.
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

/** The change that the fields of an update describe, for one key or many. What is the same for all of them is checked here. */
async function updateOf(
  env: Env,
  input: UpdateApiKey & Pick<UpdateApiKeys, "add_tags" | "remove_tags">,
): Promise<VerbResult<KeyChange>> {
  const named = await namedTier(env, input.rate_limit_tier);
  if (!named.ok) return { ok: false, refusal: invalid(named.problem) };
  const { tier } = named;
  const fields = tier ? overlay(tier.fields, input) : input;
  const problems = await bindingProblems(env, fields);
  if (problems.length > 0) return { ok: false, refusal: invalid(...problems) };
  const template =
    input.rate_limit_tier === undefined ? {} : { templateId: tier?.id ?? null, tier: tier?.name ?? null };

  const decide: KeyChange["decide"] = (row) => {
    if (row.deletedAt !== null) return DELETED;
    const policy = withFields(row.policy, fields);
    const wrong = policyProblems(policy, fields);
    const tags = tagsOf(row, input);
    if (tags.length > MAX_TAGS) wrong.push({ field: "add_tags", message: `a key has at most ${MAX_TAGS} tags` });
    if (wrong.length > 0) return { ok: false, refusal: invalid(...wrong) };
    const values = { name: input.name ?? row.name, ...valuesOf(RECORD_FIELDS, input), tags, policy, ...template };
    return { ok: true, value: values };
  };
  return { ok: true, value: { action: "api-key.update", fields: Object.keys(input), decide } };
}

/** The change that deletes a key. */
function deletionAt(now: number): KeyChange {
  return {
    action: "api-key.delete",
    decide: (row) => ({ ok: true, value: row.deletedAt === null ? { deletedAt: now } : null }),
  };
}

function tagsOf(row: KeyRecord, input: Pick<UpdateApiKeys, "tags" | "add_tags" | "remove_tags">): string[] {
  const { tags = row.tags, add_tags: added = [], remove_tags: removed = [] } = input;
  return [...new Set([...tags, ...added])].filter((tag) => !removed.includes(tag));
}

function shown(result: VerbResult<KeyRecord>): VerbResult<ApiKeyView> {
  return result.ok ? { ok: true, value: keyView(result.value) } : result;
}
