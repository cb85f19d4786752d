/** The bucket of scheduled backups: drafts, whole files, and which of them are kept. */
import type { UnderWay } from "./state.ts";

declare global {
  /** Wrangler chooses this name. The interface lists what every relay has. */
  interface __BaseEnv_Env {
    /** The bucket of scheduled backups. Without it there are none. */
    BACKUPS?: R2Bucket;
    /** For whom they are: the output of `edge-relay backup --make-key`. It opens none of them without its passphrase. */
    BACKUP_KEY?: string;
    /** How many are kept. */
    BACKUP_KEEP?: string;
  }
}

const FOLDER = "edge-relay/";
const DRAFTS = `${FOLDER}drafts/`;
const WHOLE = /^edge-relay\/\d{4}-\d\d-\d\dT\d{6}Z\.backup$/;
/** R2 requires that all parts of an upload but the last have the same size, and at least this one. */
export const UPLOAD_PART_BYTES = 5 * 1024 * 1024;
const KEPT_BY_DEFAULT = 7;
const DELETED_AT_ONCE = 100;

/** Names sort by time. */
export function fileName(now: number): string {
  return `${FOLDER}${new Date(now).toISOString().slice(0, 19).replaceAll(":", "")}Z.backup`;
}

/** A name that no other step uses. */
export function draftName(): string {
  return `${DRAFTS}${crypto.randomUUID()}`;
}

/** What was written is missing or changed, or cannot be continued. */
export class Lost extends Error {}

/** R2's codes for an upload that no longer exists, and for parts that have changed since: two runs have uploaded the same one. */
const UPLOAD_LOST = /\(100(?:24|25)\)/;

/** Whether another try is useless, because what was written before is gone. */
export function isLost(error: unknown): boolean {
  return error instanceof Lost || (error instanceof Error && UPLOAD_LOST.test(error.message));
}

/** What is written and not uploaded yet. Throws if the draft is not as it was written. */
export async function readDraft(bucket: R2Bucket, { name, bytes }: UnderWay["draft"]): Promise<Uint8Array> {
  const object = await bucket.get(name);
  const draft = object && new Uint8Array(await object.arrayBuffer());
  if (draft?.length !== bytes) throw new Lost("The draft of the scheduled backup is gone");
  return draft;
}

/** Deletes backups beyond the number that is kept, oldest first, and drafts that a run which died has left. */
export async function tidy(bucket: R2Bucket, keep: string | undefined): Promise<void> {
  const { objects } = await bucket.list({ prefix: FOLDER, limit: 1_000 });
  const whole = objects.map(({ key }) => key).filter((key) => WHOLE.test(key));
  const most = Math.max(1, Math.floor(Number(keep)) || KEPT_BY_DEFAULT);
  const drafts = objects.map(({ key }) => key).filter((key) => key.startsWith(DRAFTS));
  const gone = [...whole.sort().reverse().slice(most), ...drafts].slice(0, DELETED_AT_ONCE);
  if (gone.length > 0) await bucket.delete(gone);
}
