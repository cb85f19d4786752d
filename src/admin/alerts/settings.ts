/** How alerts are told: one row of the settings. */
import { drizzle } from "drizzle-orm/d1";
import { ALERT_SETTING, type AlertSettings, readAlertSettings } from "../../alerts/settings.ts";
import { copyChannels } from "../../alerts/without-d1.ts";
import { record } from "../../events.ts";
import { formatUsd } from "../../pricing/money.ts";
import { checkUpstreamUrl } from "../../providers/upstream-address.ts";
import { settings } from "../../store/schema.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { invalid } from "../api/refusal.ts";
import { changesBetween } from "../audit/changes.ts";
import { auditChange } from "../audit/record.ts";
import type { AlertSettingsView, UpdateAlertSettings } from "./schema.ts";

/** The API's names. */
const NAMES = {
  language: "language",
  quiet_hours: "quietHours",
  urgent_passes: "urgentPasses",
  remind_hours: "remindHours",
  key_percent: "keyPercent",
  budget_percent: "budgetPercent",
  allowance_percent: "allowancePercent",
  daily_budget_usd: "dailyBudgetNanos",
  monthly_budget_usd: "monthlyBudgetNanos",
  cache_points: "cachePoints",
  digest: "digest",
  digest_hour: "digestHour",
  release_feed_url: "releaseFeedUrl",
} as const satisfies Record<keyof AlertSettingsView, keyof AlertSettings>;

export async function readSettingsOfAlerts({ env }: VerbContext): Promise<VerbResult<AlertSettingsView>> {
  return { ok: true, value: viewOf(await readAlertSettings(env)) };
}

/** A setting that is left out stays unchanged. */
export async function updateSettingsOfAlerts(
  context: VerbContext,
  input: UpdateAlertSettings,
): Promise<VerbResult<AlertSettingsView>> {
  const { env } = context;
  const { release_feed_url: feed } = input;
  if (feed) {
    const checked = checkUpstreamUrl(feed, { allowPrivate: env.ALLOW_PRIVATE_UPSTREAMS === "1" });
    if (!checked.ok) {
      return {
        ok: false,
        refusal: invalid({ field: "release_feed_url", message: checked.refusal, code: "wrong_format" }),
      };
    }
  }
  const before = await readAlertSettings(env);
  const given = Object.entries(input).flatMap(([name, value]) =>
    value === undefined ? [] : [[NAMES[name as keyof typeof NAMES], value]],
  );
  const after: AlertSettings = { ...before, ...Object.fromEntries(given) };
  const db = drizzle(env.DB);
  const value = JSON.stringify(after);
  await db.batch([
    db
      .insert(settings)
      .values({ name: ALERT_SETTING, value })
      .onConflictDoUpdate({ target: settings.name, set: { value } }),
    auditChange(context, {
      action: "settings.update",
      target: ALERT_SETTING,
      changes: changesBetween(viewOf(before), viewOf(after), {}),
    }),
  ]);
  await copyChannels(env).catch((error: unknown) => record({ event: "alert_not_kept", alert: "settings", error }));
  return { ok: true, value: viewOf(after) };
}

export function viewOf(settings: AlertSettings): AlertSettingsView {
  const { dailyBudgetNanos: day, monthlyBudgetNanos: month } = settings;
  return {
    ...{ language: settings.language, quiet_hours: settings.quietHours, urgent_passes: settings.urgentPasses },
    ...{ remind_hours: settings.remindHours, key_percent: settings.keyPercent, budget_percent: settings.budgetPercent },
    ...{ allowance_percent: settings.allowancePercent, cache_points: settings.cachePoints },
    daily_budget_usd: day === null ? null : formatUsd(day),
    monthly_budget_usd: month === null ? null : formatUsd(month),
    ...{ digest: settings.digest, digest_hour: settings.digestHour, release_feed_url: settings.releaseFeedUrl },
  };
}
