/**
 * One `npm start` per data directory: each of two Workers on the same files would believe itself the only writer of every object, and undo
 * what the other booked. The lock is SQLite's, so it ends with its holder, however that ends; a file with a process id would outlive a
 * crash.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Result } from "../../src/vocabulary.ts";

/** A relay that is stopping releases the lock within this time. */
const WAIT_MS = 3_000;

/** The lock is held for as long as the returned value is referenced and the process lives. */
export function lockData(stateDir: string, waitMs: number = WAIT_MS): Result<DatabaseSync, string> {
  try {
    mkdirSync(stateDir, { recursive: true });
    const lock = new DatabaseSync(join(stateDir, "lock.sqlite"), { timeout: waitMs });
    lock.exec("BEGIN EXCLUSIVE");
    return { ok: true, value: lock };
  } catch (error) {
    if (isBusy(error)) {
      return {
        ok: false,
        refusal: `Another npm start is using the data in ${stateDir}. Stop it, or keep this one's data elsewhere: EDGE_RELAY_STATE=directory npm start`,
      };
    }
    return { ok: false, refusal: `${stateDir}: ${error instanceof Error ? error.message : error}` };
  }
}

/** SQLITE_BUSY */
function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === 5;
}
