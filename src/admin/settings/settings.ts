/**
 * `/admin/settings`: what an administrator may set while the relay runs. Each is a row of the settings, changed together with its audit
 * row. `/admin/system` shows what only a deployment may change (secrets, the offset of the time zone).
 */
import { inArray } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { Hono } from "hono/tiny";
import * as z from "zod/mini";
import { whole } from "../../ground/shape.ts";
import { STRATEGIES, type Strategy } from "../../pool/strategy.ts";
import { RETENTION, type RetentionSetting, readRetention } from "../../store/retention-days.ts";
import { settings } from "../../store/schema.ts";
import { type AdminEnv, respond, type VerbContext, type VerbResult, verbContext } from "../api/context.ts";
import { body } from "../api/validate.ts";
import { changesBetween } from "../audit/changes.ts";
import { auditChange } from "../audit/record.ts";
import { readPoolStrategy, setPoolStrategy } from "./pool-strategy.ts";

const LONGEST_DAYS = 36_500;

/** Days; null: for ever; `default`: the deployment's value. */
const days = z.union([whole(1, LONGEST_DAYS), z.null(), z.literal("default")]);

export const settingsBody = z.strictObject({
  /** How accounts are ranked for keys that are bound to no group. */
  pool_strategy: z.optional(z.enum(STRATEGIES)),
  request_log_days: z.optional(days),
  hourly_usage_days: z.optional(days),
});

type UpdateSettings = z.output<typeof settingsBody>;

export interface SettingsView {
  pool_strategy: Strategy;
  /** Null: for ever. */
  request_log_days: number | null;
  hourly_usage_days: number | null;
  /** The settings that have the deployment's value. */
  by_default: RetentionSetting[];
}

const NAMES = Object.keys(RETENTION) as RetentionSetting[];

export async function readSettings(context: VerbContext): Promise<VerbResult<SettingsView>> {
  const [strategy, retention] = await Promise.all([readPoolStrategy(context), readRetention(context.env)]);
  if (!strategy.ok) return strategy;
  return {
    ok: true,
    value: {
      pool_strategy: strategy.value.strategy,
      request_log_days: retention.request_log_days.days,
      hourly_usage_days: retention.hourly_usage_days.days,
      by_default: NAMES.filter((name) => !retention[name].set),
    },
  };
}

/** A setting that is left out stays unchanged. */
export async function updateSettings(context: VerbContext, input: UpdateSettings): Promise<VerbResult<SettingsView>> {
  const { pool_strategy, ...given } = input;
  const before = await readSettings(context);
  if (!before.ok) return before;
  if (pool_strategy !== undefined) await setPoolStrategy(context, { strategy: pool_strategy });
  const changed = NAMES.filter((name) => given[name] !== undefined);
  if (changed.length === 0) return readSettings(context);
  const db = drizzle(context.env.DB);
  const rows = changed.flatMap((name) => {
    const value = given[name];
    return value === "default" || value === undefined ? [] : [{ name, value: value === null ? "" : String(value) }];
  });
  const changes = changesBetween(
    Object.fromEntries(changed.map((name) => [name, before.value[name]])),
    Object.fromEntries(changed.map((name) => [name, given[name]])),
    {},
  );
  await db.batch([
    db.delete(settings).where(inArray(settings.name, changed)),
    ...rows.map((row) => db.insert(settings).values(row)),
    auditChange(context, { action: "settings.update", target: changed.join(","), changes }),
  ]);
  return readSettings(context);
}

export const settingsRoutes = new Hono<AdminEnv>()
  .get("/", async (c) => respond(c, await readSettings(verbContext(c)), 200))
  .patch("/", body(settingsBody), async (c) => {
    return respond(c, await updateSettings(verbContext(c), c.req.valid("json")), 200);
  });
