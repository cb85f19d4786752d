/** The state of the relay's scheduled backup: the last whole one, and what has failed since. */
import { isObject, parse } from "../../ground/json.ts";
import { readState, type ScheduleState } from "./state.ts";

const FAILURE = "scheduled_backup_failure";
const LONGEST_WHY = 200;

export interface BackupStatus {
  last: ScheduleState["last"];
  /** When the backup that is being written began, in milliseconds since the epoch; null: there is none. */
  underWaySince: number | null;
  /** Set if the last step failed. */
  failure: { at: number; why: string } | null;
}

export async function backupStatus(db: D1Database): Promise<BackupStatus> {
  const [{ state }, failure] = await Promise.all([readState(db), readFailure(db)]);
  return { last: state.last, underWaySince: state.underWay?.beganAt ?? null, failure };
}

async function readFailure(db: D1Database): Promise<BackupStatus["failure"]> {
  const stored = await db.prepare("SELECT value FROM settings WHERE name = ?1").bind(FAILURE).first<string>("value");
  const failure = stored === null ? null : parse(stored);
  if (!isObject(failure) || typeof failure.at !== "number" || typeof failure.why !== "string") return null;
  return { at: failure.at, why: failure.why };
}

export async function noteFailure(db: D1Database, error: unknown, now: number): Promise<void> {
  const why = (error instanceof Error ? error.message : String(error)).slice(0, LONGEST_WHY);
  await db
    .prepare("INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value")
    .bind(FAILURE, JSON.stringify({ at: now, why }))
    .run();
}

/** Costs a row if there was a failure. */
export async function forgetFailure(db: D1Database): Promise<void> {
  await db.prepare("DELETE FROM settings WHERE name = ?1").bind(FAILURE).run();
}
