/** What keys pay per unit of list price, as D1 has it; deleted keys included, since what they used is booked too. */
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { OPEN_POLICY } from "../keys/policy.ts";
import { apiKeys } from "./schema.ts";

/** In thousandths, by key id; in one query, however many there are. A key that has no row is not in it. */
export async function keyMultipliers(env: Env, keyIds: Iterable<string>): Promise<Map<string, number>> {
  const ids = JSON.stringify([...new Set(keyIds)]);
  const found = await drizzle(env.DB)
    .select({ id: apiKeys.id, policy: apiKeys.policy })
    .from(apiKeys)
    .where(sql`${apiKeys.id} in (select value from json_each(${ids}))`);
  return new Map(found.map(({ id, policy }) => [id, { ...OPEN_POLICY, ...policy }.costMultiplierMilli]));
}
