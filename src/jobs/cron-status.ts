/** How the cron's last run went: one row of the settings, for whoever asks whether the cron runs at all. */

const NAME = "cron_status";

export interface CronStatus {
  /** When it began, milliseconds since the epoch. */
  at: number;
  ms: number;
  /** The jobs that have failed. */
  failed: string[];
}

export async function noteCronRun(env: Env, status: CronStatus): Promise<void> {
  await env.DB.prepare(
    "INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value",
  )
    .bind(NAME, JSON.stringify(status))
    .run();
}

/** How the last run went; null: it has never run, or not since this row exists. */
export async function cronStatus(env: Env): Promise<CronStatus | null> {
  const row = await env.DB.prepare("SELECT value FROM settings WHERE name = ?1").bind(NAME).first<string>("value");
  return row === null ? null : JSON.parse(row);
}
