/** `/admin/settings/pool-strategy`: how accounts are ranked for keys that are bound to no group. One row of the settings. */
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { Hono } from "hono/tiny";
import * as z from "zod/mini";
import { STRATEGIES } from "../../pool/strategy.ts";
import { settings } from "../../store/schema.ts";
import { forgetSnapshot } from "../../store/snapshot.ts";
import { type AdminEnv, respond, type VerbContext, type VerbResult, verbContext } from "../api/context.ts";
import { raiseSnapshotVersion } from "../api/snapshot-version.ts";
import { body } from "../api/validate.ts";
import { changesBetween } from "../audit/changes.ts";
import { auditChange } from "../audit/record.ts";

const NAME = "pool_strategy";

const poolStrategyBody = z.strictObject({ strategy: z.enum(STRATEGIES) });

export type PoolStrategy = z.output<typeof poolStrategyBody>;

export async function readPoolStrategy({ env }: VerbContext): Promise<VerbResult<PoolStrategy>> {
  const row = await drizzle(env.DB).select().from(settings).where(eq(settings.name, NAME)).get();
  // The same default as the snapshot's for an unknown value.
  const strategy = STRATEGIES.find((known) => known === row?.value) ?? "priority";
  return { ok: true, value: { strategy } };
}

export async function setPoolStrategy(
  context: VerbContext,
  { strategy }: PoolStrategy,
): Promise<VerbResult<PoolStrategy>> {
  const db = drizzle(context.env.DB);
  const before = await readPoolStrategy(context);
  const row = { name: NAME, value: strategy };
  await db.batch([
    db
      .insert(settings)
      .values(row)
      .onConflictDoUpdate({ target: settings.name, set: { value: strategy } }),
    auditChange(context, {
      action: "settings.update",
      target: NAME,
      changes: changesBetween(before.ok ? before.value : null, { strategy }, {}),
    }),
    raiseSnapshotVersion(context.env),
  ]);
  forgetSnapshot();
  return { ok: true, value: { strategy } };
}

export const poolStrategyRoutes = new Hono<AdminEnv>()
  .get("/", async (c) => respond(c, await readPoolStrategy(verbContext(c)), 200))
  .put("/", body(poolStrategyBody), async (c) => {
    return respond(c, await setPoolStrategy(verbContext(c), c.req.valid("json")), 200);
  });
