/** What upstreams have turned out not to take, written down so that every isolate leaves it out at once next time. */
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { modelGaps, settings } from "./schema.ts";
import { forgetSnapshot } from "./snapshot.ts";

/** An account's models lack a few things each. Who asks for many is not to fill a table. */
export const MOST_GAPS = 32;

/** `model`: the account's own name for it. `now` in milliseconds. What is known already costs one read. */
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
