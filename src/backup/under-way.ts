/** Whether somebody is reading the tables page by page: what moves from one to another meanwhile could be missed by both readings. */
import { DAY_MS, HOUR_MS } from "../ground/durations.ts";
import { firstIdAt } from "../ground/record-id.ts";
import { SETTING } from "./schedule/state.ts";

/** The largest backups by the command line take minutes; nobody says when they are over. */
const ASKED_FOR_MS = 2 * HOUR_MS;
/** One that goes on for longer has failed at something, and must not keep for ever what waits for its end. */
const SCHEDULED_FOR_MS = DAY_MS;

/** By the audit trail, which has each that a person begins, and by how far the scheduled one has come. `now` in milliseconds. */
export async function isBackupUnderWay({ DB }: Env, now: number): Promise<boolean> {
  const found = await DB.prepare(
    `SELECT EXISTS (SELECT 1 FROM audit WHERE id >= ?1 AND action = 'backup.begin')
       OR EXISTS (SELECT 1 FROM settings WHERE name = ?2 AND value ->> '$.underWay.beganAt' > CAST(?3 AS INTEGER)) AS found`,
  )
    .bind(firstIdAt("aud", now - ASKED_FOR_MS), SETTING, now - SCHEDULED_FOR_MS)
    .first<number>("found");
  return found === 1;
}
