/** The backup that the relay makes by itself if a bucket and a backup key are set: one step in each run, one file a day. */
import "../backup/schedule/bucket.ts";
import { type BackupStatus, backupStatus, forgetFailure, noteFailure } from "../backup/schedule/status.ts";
import { backUpStep, type Stepped } from "../backup/schedule/step.ts";

/** The trigger in wrangler.toml; without a bucket it does nothing. */
export const BACKUP_CRON = "3-58/5 * * * *";

/** Makes one step. Throws if it failed; the next run tries it again. */
export async function scheduledBackup(env: Env, now: number): Promise<Stepped> {
  const { BACKUPS, BACKUP_KEY, DB } = env;
  if (!BACKUPS || !BACKUP_KEY) return "nothing_due";
  try {
    const stepped = await backUpStep(env, BACKUPS, now);
    if (stepped !== "nothing_due") await forgetFailure(DB);
    return stepped;
  } catch (error) {
    // If it is D1 that has failed, only the log has the failure.
    await noteFailure(DB, error, now).catch(() => undefined);
    throw error;
  }
}

/** How the backups go; null: they are not set up. */
export async function scheduledBackupStatus({ BACKUPS, BACKUP_KEY, DB }: Env): Promise<BackupStatus | null> {
  return BACKUPS && BACKUP_KEY ? backupStatus(DB) : null;
}
