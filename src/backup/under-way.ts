/** Whether somebody is reading the tables page by page. Both readings could miss a row that moves from one table to another meanwhile. */
import { DAY_MS, HOUR_MS } from "../ground/durations.ts";
import { firstIdAt } from "../ground/record-id.ts";
import { SETTING } from "./schedule/state.ts";

/** The largest backups by the command line take minutes, and it does not report their end. */
const ASKED_FOR_MS = 2 * HOUR_MS;
/** A backup that takes longer has failed, and must not hold back forever what waits for its end. */
const SCHEDULED_FOR_MS = DAY_MS;

/** Found by the audit trail, which has each backup that a person begins, and by the state of the scheduled one. `now` in milliseconds. */
export async function isBackupUnderWay({ DB }: Env, now: number): Promise<boolean> {
  const found = await DB.prepare(
    `SELECT EXISTS (SELECT 1 FROM audit WHERE id >= ?1 AND action = 'backup.begin')
       OR EXISTS (SELECT 1 FROM settings WHERE name = ?2 AND value ->> '$.underWay.beganAt' > CAST(?3 AS INTEGER)) AS found`,
  )
    .bind(firstIdAt("aud", now - ASKED_FOR_MS), SETTING, now - SCHEDULED_FOR_MS)
    .first<number>("found");
  return found === 1;
}
