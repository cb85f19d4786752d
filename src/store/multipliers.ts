/** What keys pay as a share of the list price, as D1 has it. Deleted keys are included, because what they used is booked too. */
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { OPEN_POLICY } from "../keys/policy.ts";
import { apiKeys } from "./schema.ts";

/** Key id → multiplier in thousandths, read in one query. A key without a row is left out. */
export async function keyMultipliers(env: Env, keyIds: Iterable<string>): Promise<Map<string, number>> {
  const ids = JSON.stringify([...new Set(keyIds)]);
  const found = await drizzle(env.DB)
    .select({ id: apiKeys.id, policy: apiKeys.policy })
    .from(apiKeys)
    .where(sql`${apiKeys.id} in (select value from json_each(${ids}))`);
  return new Map(found.map(({ id, policy }) => [id, { ...OPEN_POLICY, ...policy }.costMultiplierMilli]));
}
