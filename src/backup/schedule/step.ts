/**
 * The scheduled backup, one step at a time. Its file has the format of the command line's, and the relay writes it for a recipient whose
 * passphrase it does not know. A step reads only as many pages as a free invocation can, and uploads what fills a part. D1 has where the
 * next step continues.
 */
import { fromBase64url, toBase64url } from "../../ground/base64url.ts";
import { joined } from "../../ground/bytes.ts";
import { DAY_MS, HOUR_MS } from "../../ground/durations.ts";
import { type Place, seal, tryOpen } from "../../vault/seal.ts";
import { readCursor } from "../cursor.ts";
import { sealChunk } from "../file/chunks.ts";
import { beginFile, chunkKey, type Header, readHeader } from "../file/header.ts";
import type { End } from "../file/page.ts";
import { recipientIn } from "../file/recipient.ts";
import { hasPart, PARTS, type PartName } from "../parts.ts";
import { readPart } from "../read.ts";
import { schemaNumber } from "../schema-number.ts";
import { draftName, fileName, isLost, Lost, readDraft, tidy, UPLOAD_PART_BYTES } from "./bucket.ts";
import { readState, type ScheduleState, type UnderWay, writeState } from "./state.ts";

/** A backup begins from this hour of the UTC day on, when few people work. */
const FROM_UTC_HOUR = 1;
/** A backup that is not finished by then is begun anew. */
const GIVEN_UP_AFTER_MS = 2 * DAY_MS;
/** The pages of a step, by their cost: a page of keys asks twenty gates and opens as many seals. */
const ROOM = 3;
const COSTS: Partial<Record<PartName, number>> = {
  api_keys: ROOM,
  credentials: 2,
  egress_headers: 2,
  alert_channels: 2,
};

export type Stepped =
  | "nothing_due"
  /** There is more to do. */
  | "under_way"
  | "finished";

/**
 * Throws if something did not answer, or BACKUP_KEY is invalid; the next step then tries the same again. If the bucket has lost what was
 * written, the next step begins anew.
 */
export async function backUpStep(env: Env, bucket: R2Bucket, now: number): Promise<Stepped> {
  const { state, text } = await readState(env.DB);
  const { underWay } = state;
  if (underWay && now - underWay.beganAt > GIVEN_UP_AFTER_MS) {
    await giveUp(env, bucket, underWay, { ...state, underWay: null }, text);
    throw new Error(`The backup that began at ${new Date(underWay.beganAt).toISOString()} did not come to its end`);
  }
  if (!underWay)
    return isDue(state, now) ? goOn(env, bucket, state, text, await begin(env, bucket, now)) : "nothing_due";
  try {
    return await (isWritten(underWay)
      ? finish(env, bucket, text, underWay, now)
      : goOn(env, bucket, state, text, underWay));
  } catch (error) {
    if (!isLost(error)) throw error;
    const anew = { ...state, underWay: null, beganAt: state.last?.beganAt ?? 0 };
    // If another run was faster, what is missing is what that run has moved.
    if (!(await giveUp(env, bucket, underWay, anew, text))) return "under_way";
    throw error;
  }
}

function isDue({ beganAt }: ScheduleState, now: number): boolean {
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  // The first one begins at once, because the person who has set it up wants to see it.
  return beganAt === 0 || (beganAt < today && now >= today + FROM_UTC_HOUR * HOUR_MS);
}

async function begin(env: Env, bucket: R2Bucket, now: number): Promise<UnderWay> {
  const recipient = recipientIn(env.BACKUP_KEY ?? "");
  if (!recipient) throw new Error("BACKUP_KEY is no backup key; `edge-relay backup --make-key` makes one");
  const made_at = new Date(now).toISOString();
  const schema = await schemaNumber(env.DB);
  const header: Omit<Header, "format" | "file_key"> = { schema, made_at, relay: "", with: [], recipient };
  const { bytes, fileKey } = await beginFile(header);
  const name = fileName(now);
  const draft = { name: draftName(), bytes: bytes.length };
  await bucket.put(draft.name, bytes);
  const sealedKey = await seal(toBase64url(fileKey), keyPlace(name), env.ENCRYPTION_KEY);
  return {
    ...{ name, beganAt: now, sealedKey: `${sealedKey} ${toBase64url(bytes)}`, chunks: 0, part: PARTS[0], cursor: null },
    ...{ rows: {}, draft, upload: null, uploaded: 0 },
  };
}

/** Only the relay can open it, and only for this file. */
function keyPlace(name: string): Place {
  return { table: "scheduled_backups", row: name, destination: "", acceptsV1: false };
}

async function keyOf(env: Env, { name, sealedKey }: UnderWay): Promise<{ key: CryptoKey; publicKey: string }> {
  const [sealed = "", start = ""] = sealedKey.split(" ");
  const bytes = fromBase64url(start);
  const header = readHeader(bytes);
  if (!header.ok) throw new Error("The beginning of the scheduled backup cannot be read");
  const opened = await tryOpen(sealed, keyPlace(name), env.ENCRYPTION_KEY);
  // A rotation of ENCRYPTION_KEY is finished. What was written stays readable, but nobody can add to it.
  if (!opened.ok) throw new Lost("ENCRYPTION_KEY does not open the key of the scheduled backup: it is begun anew");
  const fileKey = fromBase64url(opened.plain);
  return { key: await chunkKey(fileKey, bytes), publicKey: header.value.header.recipient.public_key };
}

interface WrittenPages {
  chunks: Uint8Array[];
  next: Pick<UnderWay, "chunks" | "part" | "cursor" | "rows">;
}

/** Whether all pages and the end are uploaded, or in the draft. */
function isWritten({ part }: UnderWay): boolean {
  return part === "";
}

async function writePages(env: Env, underWay: UnderWay): Promise<WrittenPages> {
  const { key, publicKey } = await keyOf(env, underWay);
  const sealed: Uint8Array[] = [];
  const rows = { ...underWay.rows };
  let { cursor } = underWay;
  let part = PARTS.find((name) => name === underWay.part);
  const position = () => underWay.chunks + sealed.length;
  for (let room = ROOM; part !== undefined; ) {
    const cost = COSTS[part] ?? 1;
    if (cost > room) break;
    room -= cost;
    const after = cursor === null ? null : readCursor(cursor);
    const read = await readPart(part, { env, publicKey, after });
    if (!read.ok) throw new Error(`The scheduled backup waits: ${read.refusal}`);
    sealed.push(await sealChunk(key, position(), false, read.value.json));
    rows[part] = (rows[part] ?? 0) + read.value.rows;
    cursor = read.value.next;
    if (cursor === null) part = partAfter(part);
  }
  if (part === undefined)
    sealed.push(await sealChunk(key, position(), true, JSON.stringify({ end: { rows } } satisfies End)));
  return { chunks: sealed, next: { chunks: position(), part: part ?? "", cursor, rows } };
}

/** Sign-ins and the log are only in backups for which somebody has asked. */
function partAfter(part: PartName): PartName | undefined {
  return PARTS.slice(PARTS.indexOf(part) + 1).find((next) => hasPart([], next));
}

async function goOn(
  env: Env,
  bucket: R2Bucket,
  state: ScheduleState,
  text: string | null,
  before: UnderWay,
): Promise<Stepped> {
  const written = await writePages(env, before);
  const chunks = [await readDraft(bucket, before.draft), ...written.chunks];
  const { next, rest } = await uploadParts(bucket, { ...before, ...written.next }, joined(chunks));
  const draft = { name: draftName(), bytes: rest.length };
  await bucket.put(draft.name, rest);
  const counts = await writeState(env.DB, { ...state, underWay: { ...next, draft }, beganAt: next.beganAt }, text);
  await bucket.delete(counts ? before.draft.name : draft.name);
  return "under_way";
}

/** A step of its own that writes only what is not written yet. When repeated, it finds the file whole, or makes the same one. */
async function finish(
  env: Env,
  bucket: R2Bucket,
  text: string | null,
  underWay: UnderWay,
  now: number,
): Promise<Stepped> {
  const { name, draft, upload, uploaded, rows, beganAt } = underWay;
  // An upload can be completed only once, and perhaps only the bucket knows that it was.
  if (!upload || !(await bucket.head(name))) {
    const rest = await readDraft(bucket, draft);
    if (upload) {
      const whole = bucket.resumeMultipartUpload(name, upload.id);
      await whole.complete([...upload.parts, await whole.uploadPart(upload.parts.length + 1, rest)]);
    } else await bucket.put(name, rest);
  }
  const last = { name, beganAt, endedAt: now, bytes: uploaded + draft.bytes, rows };
  await writeState(env.DB, { underWay: null, last, beganAt }, text);
  await tidy(bucket, env.BACKUP_KEEP);
  return "finished";
}

/** Uploads whole parts. A part that is uploaded again replaces the one before. */
async function uploadParts(
  bucket: R2Bucket,
  underWay: UnderWay,
  bytes: Uint8Array,
): Promise<{ next: UnderWay; rest: Uint8Array }> {
  let { upload, uploaded } = underWay;
  let at = 0;
  // The last part may have any size, and there is always one.
  while (bytes.length - at > UPLOAD_PART_BYTES) {
    const open = upload
      ? bucket.resumeMultipartUpload(underWay.name, upload.id)
      : await bucket.createMultipartUpload(underWay.name);
    const parts = upload?.parts ?? [];
    const part = await open.uploadPart(parts.length + 1, bytes.subarray(at, at + UPLOAD_PART_BYTES));
    upload = { id: open.uploadId, parts: [...parts, part] };
    at += UPLOAD_PART_BYTES;
    uploaded += UPLOAD_PART_BYTES;
  }
  return { next: { ...underWay, upload, uploaded }, rest: bytes.subarray(at) };
}

/** False if another run was faster, so that the backup belongs to that run. */
async function giveUp(
  env: Env,
  bucket: R2Bucket,
  { name, upload, draft }: UnderWay,
  state: ScheduleState,
  text: string | null,
): Promise<boolean> {
  if (!(await writeState(env.DB, state, text))) return false;
  await bucket.delete(draft.name);
  // It may be gone already: R2 ends uploads by itself after a week.
  if (upload)
    await bucket
      .resumeMultipartUpload(name, upload.id)
      .abort()
      .catch(() => undefined);
  return true;
}
