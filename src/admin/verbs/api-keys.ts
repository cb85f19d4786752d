/**
 * Making, changing, deleting and restoring relay keys. Every change is in D1 with its audit row first, and in force
 * at the key's gate before it is reported as done.
 */
import { and, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { OPEN_POLICY } from "../../gate/policy.ts";
import { apiKeyId, makeApiKey } from "../../keys/api-key.ts";
import { accounts, apiKeys } from "../../store/schema.ts";
import { seal } from "../../vault/seal.ts";
import { auditChange } from "../audit.ts";
import type { VerbContext, VerbResult } from "../context.ts";
import { type ApiKeyRow, enforce, tellGate } from "../enforce.ts";
import { policyProblems, withFields } from "../policy-fields.ts";
import { type AdminRefusal, type FieldProblem, invalid } from "../refusal.ts";
import type { ApiKeyFields, ApiKeyView, ApiKeyWithSecretView, CreateApiKey } from "../schemas/api-keys.ts";
import { NO_SUCH_KEY, viewOf } from "./api-keys-read.ts";

/** Makes a key. This answer is the only one, besides an audited reveal, that holds it. */
export async function createApiKey(
  context: VerbContext,
  input: CreateApiKey,
): Promise<VerbResult<ApiKeyWithSecretView>> {
  const { env, now } = context;
  const policy = withFields(OPEN_POLICY, input);
  const problems = [...policyProblems(policy, input), ...(await bindingProblems(env, input))];
  if (problems.length > 0) return { ok: false, refusal: invalid(...problems) };

  const key = await makeApiKey(env.KEY_SECRET);
  const id = await apiKeyId(key);
  const row: ApiKeyRow = {
    id,
    name: input.name,
    description: input.description ?? "",
    owner: input.owner ?? "",
    tags: [...new Set(input.tags)],
    policy,
    templateId: null,
    sealed: await seal(key, "api_keys", id, env.ENCRYPTION_KEY),
    hint: key.slice(-4),
    createdAt: now,
    updatedAt: now,
    deletedAt: null,
  };
  await drizzle(env.DB).batch([
    drizzle(env.DB).insert(apiKeys).values(row),
    auditChange(context, { action: "api-key.create", target: id, detail: { name: row.name } }),
  ]);
  // A failure here loses nothing: a gate that was never told reads D1 when the key is first used.
  await tellGate(env, row);
  return { ok: true, value: { ...viewOf(row), api_key: key } };
}

/** Changes the given fields and leaves the others; null takes a limit away. */
export async function updateApiKey(
  context: VerbContext,
  id: string,
  input: ApiKeyFields,
): Promise<VerbResult<ApiKeyView>> {
  const unbound = await bindingProblems(context.env, input);
  return change(context, id, { action: "api-key.update", fields: Object.keys(input) }, (row) => {
    if (row.deletedAt !== null) return conflict("The key is deleted; restore it first");
    const policy = withFields(row.policy, input);
    const problems = [...policyProblems(policy, input), ...unbound];
    if (problems.length > 0) return { ok: false, refusal: invalid(...problems) };
    const { name = row.name, description = row.description, owner = row.owner } = input;
    const tags = input.tags ? [...new Set(input.tags)] : row.tags;
    return { ok: true, value: { name, description, owner, tags, policy } };
  });
}

/** Stops the key at its next request. The record stays, for its history and for `restoreApiKey`. Idempotent. */
export function deleteApiKey(context: VerbContext, id: string): Promise<VerbResult<ApiKeyView>> {
  return change(context, id, { action: "api-key.delete" }, (row) => ({
    ok: true,
    value: row.deletedAt === null ? { deletedAt: context.now } : null,
  }));
}

/** Brings a deleted key back as it was. Idempotent. */
export function restoreApiKey(context: VerbContext, id: string): Promise<VerbResult<ApiKeyView>> {
  return change(context, id, { action: "api-key.restore" }, (row) => ({
    ok: true,
    value: row.deletedAt === null ? null : { deletedAt: null },
  }));
}

/** Losing this many races in a row is no coincidence. */
const MAX_ROUNDS = 5;

/**
 * Reads the key, asks `decide` for its new values (null: there is nothing to change) and writes them, but only over
 * the very version that was read: the policy is one value, and of two people who change it at once the second must
 * not undo the first unseen. Whoever comes second reads and decides again.
 */
async function change(
  context: VerbContext,
  id: string,
  { action, fields = [] }: { action: string; fields?: string[] },
  decide: (row: ApiKeyRow) => VerbResult<Partial<ApiKeyRow> | null>,
): Promise<VerbResult<ApiKeyView>> {
  const { env, now } = context;
  const db = drizzle(env.DB);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const row = await db.select().from(apiKeys).where(eq(apiKeys.id, id)).get();
    if (!row) return NO_SUCH_KEY;
    const decided = decide(row);
    if (!decided.ok) return decided;
    // The gate is told again: an earlier try may have ended in "saved, but not yet in force".
    if (decided.value === null) return inForce(env, row);
    const updatedAt = Math.max(now, row.updatedAt + 1);
    const [[changed]] = await db.batch([
      db
        .update(apiKeys)
        .set({ ...decided.value, updatedAt })
        .where(and(eq(apiKeys.id, id), eq(apiKeys.updatedAt, row.updatedAt)))
        .returning(),
      auditChange(context, { action, target: id, detail: { name: row.name, fields } }),
    ]);
    if (changed) return inForce(env, changed);
  }
  return conflict("Others keep changing this key at the same moment; try again");
}

async function inForce(env: Env, row: ApiKeyRow): Promise<VerbResult<ApiKeyView>> {
  const enforced = await enforce(env, row);
  return enforced.ok ? { ok: true, value: viewOf(row) } : enforced;
}

async function bindingProblems(env: Env, input: ApiKeyFields): Promise<FieldProblem[]> {
  const problems: FieldProblem[] = [];
  if (input.bound_account_id) {
    const known = drizzle(env.DB).select({ id: accounts.id }).from(accounts);
    if (!(await known.where(eq(accounts.id, input.bound_account_id)).get())) {
      problems.push({ field: "bound_account_id", message: "names no account" });
    }
  }
  if (input.bound_group_id) problems.push({ field: "bound_group_id", message: "names no group" });
  return problems;
}

function conflict(message: string): { ok: false; refusal: AdminRefusal } {
  return { ok: false, refusal: { reason: "conflict", message } };
}
