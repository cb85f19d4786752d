/**
 * How far the scheduled backup is: one row of the settings, written after each step, so that any step may be repeated from the one
 * before. What is not in the bucket for good is there as a draft with a name of its own, which the row knows.
 */
import { isObject, parse } from "../../ground/json.ts";

export const SETTING = "scheduled_backup";

/** A backup that is being written. */
export interface UnderWay {
  /** Its name in the bucket, once it is whole. */
  name: string;
  beganAt: number;
  /** The file's key and its first bytes, from which the chunks' key is derived, sealed with the relay's own key. */
  sealedKey: string;
  /** How many chunks are written. */
  chunks: number;
  part: string;
  cursor: string | null;
  rows: Record<string, number>;
  /** What is written and not uploaded yet. */
  draft: { name: string; bytes: number };
  /** Set if the file is larger than one part of an upload. */
  upload: { id: string; parts: R2UploadedPart[] } | null;
  /** Bytes that are uploaded. */
  uploaded: number;
}

export interface ScheduleState {
  underWay: UnderWay | null;
  /** The last whole backup. */
  last: { name: string; beganAt: number; endedAt: number; bytes: number; rows: Record<string, number> } | null;
  /** When the latest one was begun, and whether it failed for good. */
  beganAt: number;
}

const NOTHING: ScheduleState = { underWay: null, last: null, beganAt: 0 };

/** The state, and its text as stored, for `writeState`. */
export async function readState(db: D1Database): Promise<{ state: ScheduleState; text: string | null }> {
  const text = await db.prepare("SELECT value FROM settings WHERE name = ?1").bind(SETTING).first<string>("value");
  const stored = text === null ? null : parse(text);
  return { state: isObject(stored) ? { ...NOTHING, ...(stored as Partial<ScheduleState>) } : NOTHING, text };
}

/** False if another run was faster: its step counts, and this one's is forgotten. */
export async function writeState(db: D1Database, state: ScheduleState, before: string | null): Promise<boolean> {
  const value = JSON.stringify(state);
  const written =
    before === null
      ? db.prepare("INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING").bind(SETTING, value)
      : db.prepare("UPDATE settings SET value = ?2 WHERE name = ?1 AND value = ?3").bind(SETTING, value, before);
  return (await written.run()).meta.changes > 0;
}
