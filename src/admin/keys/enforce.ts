/**
 * Brings a key's record into force: D1 has it first, then the key's gate is told. A change is reported as done only when the gate has
 * confirmed it, because "revoked" must mean revoked on the next request.
 */
import { record } from "../../events.ts";
import { forgetRefusal } from "../../gate/refused-keys.ts";
import type { Result } from "../../vocabulary.ts";
import type { AdminRefusal } from "../api/refusal.ts";
import type { ApiKeyRow } from "./records.ts";

/** Tells the gate what `row` says. Changes may arrive in another order than they were committed; the gate keeps the latest. */
export async function enforce(env: Env, row: ApiKeyRow): Promise<Result<null, AdminRefusal>> {
  if (await tellGate(env, row)) return { ok: true, value: null };
  const message = "The change is saved, but not yet in force: the key's gate did not answer. Send it again.";
  return { ok: false, refusal: { reason: "gate_unreachable", message } };
}

/** Retries once with a new stub, because a stub whose call failed stays broken. */
export async function tellGate(env: Env, row: ApiKeyRow): Promise<boolean> {
  const policy = row.deletedAt === null ? row.policy : null;
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      await env.GATE.getByName(row.id).setPolicy(row.id, policy, row.updatedAt, row.owner);
      forgetRefusal(row.id);
      return true;
    } catch (error) {
      record({ event: "gate_unreachable", key: row.id, error });
    }
  }
  return false;
}
