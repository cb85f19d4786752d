/** The backup that the relay makes by itself, where a bucket and a backup key are set: a step a run, one file a day. */
import "../backup/schedule/bucket.ts";
import { backUpStep, type Stepped } from "../backup/schedule/step.ts";

/** The trigger in wrangler.toml; where there is no bucket it asks for nothing. */
export const BACKUP_CRON = "3-58/5 * * * *";

/** Throws where the step did not work out; the next run tries it again. */
export async function scheduledBackup(env: Env, now: number): Promise<Stepped> {
  const { BACKUPS, BACKUP_KEY } = env;
  return BACKUPS && BACKUP_KEY ? backUpStep(env, BACKUPS, now) : "nothing_due";
}
