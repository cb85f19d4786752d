/**
 * Bringing a key's record into force: D1 has it first, then the key's gate is told. A change is only reported as done
 * when the gate has confirmed it, because "revoked" must mean revoked on the next request.
 */
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { apiKeys } from "../store/schema.ts";
import type { Result } from "../vocabulary.ts";
import type { AdminRefusal } from "./refusal.ts";

export type ApiKeyRow = typeof apiKeys.$inferSelect;

/** Two people changing one key at the same moment settle in the second round; more than this is no coincidence. */
const MAX_ROUNDS = 4;

/**
 * Tells the gate what `row` says. Two changes may commit in one order and arrive in the other, so the record is read
 * again afterwards, and told again if it has moved: whoever finishes last leaves the gate with what D1 holds.
 */
export async function enforce(env: Env, row: ApiKeyRow): Promise<Result<null, AdminRefusal>> {
  const db = drizzle(env.DB);
  let told = row;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (!(await tellGate(env, told))) break;
    const latest = await db.select().from(apiKeys).where(eq(apiKeys.id, row.id)).get();
    if (!latest || latest.updatedAt === told.updatedAt) return { ok: true, value: null };
    told = latest;
  }
  const message = "The change is saved, but not yet in force: the key's gate did not answer. Send it again.";
  return { ok: false, refusal: { reason: "gate_unreachable", message } };
}

/** One retry, with a stub of its own: a stub whose call failed stays broken. */
export async function tellGate(env: Env, row: ApiKeyRow): Promise<boolean> {
  const policy = row.deletedAt === null ? row.policy : null;
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      await env.GATE.getByName(row.id).setPolicy(row.id, policy);
      return true;
    } catch (error) {
      console.warn(JSON.stringify({ event: "gate_unreachable", key: row.id, attempt, error: String(error) }));
    }
  }
  return false;
}
