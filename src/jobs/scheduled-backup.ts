/** The backup that the relay makes by itself, where a bucket and a backup key are set: a step a run, one file a day. */
import "../backup/schedule/bucket.ts";
import { type BackupStatus, backupStatus, forgetFailure, noteFailure } from "../backup/schedule/status.ts";
import { backUpStep, type Stepped } from "../backup/schedule/step.ts";

/** The trigger in wrangler.toml; where there is no bucket it asks for nothing. */
export const BACKUP_CRON = "3-58/5 * * * *";

/** Throws where the step did not work out; the next run tries it again. */
export async function scheduledBackup(env: Env, now: number): Promise<Stepped> {
  const { BACKUPS, BACKUP_KEY, DB } = env;
  if (!BACKUPS || !BACKUP_KEY) return "nothing_due";
  try {
    const stepped = await backUpStep(env, BACKUPS, now);
    if (stepped !== "nothing_due") await forgetFailure(DB);
    return stepped;
  } catch (error) {
    // Where D1 is what has failed, the failure is in the log alone.
    await noteFailure(DB, error, now).catch(() => undefined);
    throw error;
  }
}

/** Null: it is not set up. */
export async function scheduledBackupStatus({ BACKUPS, BACKUP_KEY, DB }: Env): Promise<BackupStatus | null> {
  return BACKUPS && BACKUP_KEY ? backupStatus(DB) : null;
}
