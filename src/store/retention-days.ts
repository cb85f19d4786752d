/** How long the log and the hourly sums are kept: as an administrator has set it, else as the deployment says. */

/** Row of `settings` → the variable that counts if there is no such row. */
export const RETENTION = { request_log_days: "REQUEST_LOG_DAYS", hourly_usage_days: "HOURLY_USAGE_DAYS" } as const;
export type RetentionSetting = keyof typeof RETENTION;

/** Whole days; null: for ever. `set`: an administrator has said so. */
export type RetentionDays = Record<RetentionSetting, { days: number | null; set: boolean }>;

export async function readRetention(env: Env): Promise<RetentionDays> {
  const { results } = await env.DB.prepare("SELECT name, value FROM settings WHERE name IN (?1, ?2)")
    .bind(...Object.keys(RETENTION))
    .all<{ name: string; value: string }>();
  const of = (name: RetentionSetting) => {
    const row = results.find((one) => one.name === name);
    return { days: daysIn(row?.value ?? env[RETENTION[name]]), set: row !== undefined };
  };
  return { request_log_days: of("request_log_days"), hourly_usage_days: of("hourly_usage_days") };
}

/** A positive whole number of days; null if the setting is empty or no such number: then everything is kept. */
function daysIn(setting: string): number | null {
  const days = Math.floor(Number(setting));
  return setting.trim() !== "" && Number.isFinite(days) && days >= 1 ? days : null;
}
