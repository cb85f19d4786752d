/** The parameters that upstreams have refused, stored so that every isolate leaves them out at once next time. */
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { modelGaps, settings } from "./schema.ts";
import { forgetSnapshot } from "./snapshot.ts";

/** For each account. Its models lack a few parameters each, and a client that asks for many must not fill the table. */
export const MOST_GAPS = 32;

/** Stores gaps. `model`: the account's own name for it. `now` in milliseconds. A gap that is known already costs one read. */
export async function rememberGaps(
  env: Env,
  { accountId, model }: { accountId: string; model: string },
  parameters: readonly string[],
  now: number,
): Promise<void> {
  const db = drizzle(env.DB);
  const known = sql`(select count(*) from ${modelGaps} where ${modelGaps.accountId} = ${accountId})`;
  let written = 0;
  for (const parameter of new Set(parameters)) {
    const { meta } = await db.run(
      sql`insert or ignore into ${modelGaps} (account_id, model, parameter, created_at)
          select ${accountId}, ${model}, ${parameter}, ${now} where ${known} < ${MOST_GAPS}`,
    );
    written += meta.changes;
  }
  if (written === 0) return;
  await db
    .update(settings)
    .set({ value: sql`cast(${settings.value} as integer) + 1` })
    .where(sql`${settings.name} = 'snapshot_version'`);
  forgetSnapshot();
}
