/** A key's row in D1, which its gate looks up if nobody has told it the policy. Throws if D1 does not answer. */
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { apiKeys } from "../store/schema.ts";
import type { GateState } from "./state.ts";

export async function lookUpKey(
  db: D1Database,
  keyId: string,
): Promise<Pick<GateState, "policy" | "policyVersion" | "owner">> {
  const [row] = await drizzle(db).select().from(apiKeys).where(eq(apiKeys.id, keyId));
  return {
    policy: row && row.deletedAt === null ? row.policy : null,
    policyVersion: row?.updatedAt ?? 0,
    owner: row?.owner ?? null,
  };
}
