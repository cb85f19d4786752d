/** The relay's own backup: a step a run, whole files in the bucket, for a recipient whose passphrase the relay does not know. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { chunkLength, LENGTH_BYTES, openChunk } from "../../src/backup/file/chunks.ts";
import { chunkKey, openFileKey, readHeader } from "../../src/backup/file/header.ts";
import { type End, type Page, secretsPurpose } from "../../src/backup/file/page.ts";
import { makeRecipient, recipientText, unbox, unlock } from "../../src/backup/file/recipient.ts";
import { hasPart, PARTS } from "../../src/backup/parts.ts";
import { UPLOAD_PART_BYTES } from "../../src/backup/schedule/bucket.ts";
import { DAY_MS, HOUR_MS } from "../../src/ground/durations.ts";
import { scheduledBackup, scheduledBackupStatus } from "../../src/jobs/scheduled-backup.ts";
import { backUp } from "../../src/scheduled.ts";
import { asAdmin } from "../admin/client.ts";
import { makeAccount, makeKey } from "../relay/relay-in-process.ts";

/** Stands in for scrypt, which is the command line's. */
const derive = async () => new Uint8Array(32).fill(3);
const recipient = await makeRecipient({ name: "scrypt", n: 2, r: 1, p: 1, salt: "c2FsdA" }, derive);
const bucket = env.BACKUPS as R2Bucket;
const TODAY = Math.floor(Date.now() / DAY_MS) * DAY_MS + 2 * HOUR_MS;

beforeEach(async () => {
  Object.assign(env, { BACKUP_KEY: recipientText(recipient), BACKUP_KEEP: "2" });
  await env.DB.prepare("DELETE FROM settings WHERE name LIKE 'scheduled_backup%'").run();
  const { objects } = await bucket.list();
  if (objects.length > 0) await bucket.delete(objects.map(({ key }) => key));
});
afterEach(() => vi.restoreAllMocks());

/** Runs until one is whole; how many steps that took. */
async function wholeBackup(now: number): Promise<number> {
  for (let steps = 1; steps < 500; steps++) {
    if ((await scheduledBackup(env, now)) === "finished") return steps;
  }
  throw new Error("It does not come to an end");
}

async function names(): Promise<string[]> {
  return (await bucket.list()).objects.map(({ key }) => key).sort();
}

/** Everything in a file, each chunk verified; the last must be the end. */
async function readFile(name: string): Promise<{ pages: Page[]; end: End["end"]; bytes: number; own: CryptoKey }> {
  const object = await bucket.get(name);
  const bytes = new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer(0));
  const read = readHeader(bytes);
  const own = await unlock(recipient, derive);
  if (!read.ok || !own) throw new Error("the file has no header");
  const fileKey = await openFileKey(read.value.header, own);
  if (!fileKey) throw new Error("the file's key does not open");
  const key = await chunkKey(fileKey, bytes.slice(0, read.value.length));
  const texts: string[] = [];
  for (let at = read.value.length; at < bytes.length; ) {
    const length = chunkLength(bytes.subarray(at, at + LENGTH_BYTES)) ?? 0;
    const chunk = bytes.slice(at + LENGTH_BYTES, at + LENGTH_BYTES + length);
    at += LENGTH_BYTES + length;
    const opened = await openChunk(key, texts.length, at === bytes.length, chunk);
    if (!opened.ok) throw new Error(`chunk ${texts.length} is ${opened.refusal}`);
    texts.push(opened.value);
  }
  const { end } = JSON.parse(texts.pop() ?? "{}") as End;
  return { pages: texts.map((text) => JSON.parse(text)), end, bytes: bytes.length, own };
}

test("a day's backup is whole after some steps, has every part, and its secrets open for the recipient alone", async () => {
  await makeAccount({ api_key: "sk-upstream-secret-0123456789" });
  const { key } = await makeKey();
  expect(await wholeBackup(TODAY)).toBeGreaterThan(2);
  const [name = "", ...others] = await names();
  expect([name, others]).toEqual([expect.stringMatching(/^edge-relay\/.+Z\.backup$/), []]);
  const { pages, end, own } = await readFile(name);
  expect([...new Set(pages.map(({ part }) => part))]).toEqual(PARTS.filter((part) => hasPart([], part)));
  expect(end.rows).toMatchObject({ accounts: 1, credentials: 1, api_keys: 1 });
  const keys = pages.find(({ part }) => part === "api_keys");
  const plain = await unbox(keys?.box ?? "", own, recipient.public_key, secretsPurpose("api_keys"));
  expect(JSON.parse(new TextDecoder().decode(plain ?? undefined))).toEqual({ 0: key });
  expect(await scheduledBackup(env, TODAY + HOUR_MS), "one a day").toBe("nothing_due");
});

test("as many files are kept as the setting says, the newest of them", async () => {
  await bucket.put("edge-relay/somebody-elses.txt", "stays");
  for (const day of [0, 1, 2, 3]) await wholeBackup(TODAY + day * DAY_MS);
  const day = (number: number) => new Date(TODAY + number * DAY_MS).toISOString().slice(0, 10);
  const kept = await names();
  expect(kept.map((name) => name.slice(11, 21))).toEqual([day(2), day(3), "somebody-e"]);
});

test("a step that fails at any place is tried again, and the file is whole all the same", async () => {
  await makeAccount();
  for (let made = 0; made < 3; made++) await makeKey();
  let calls = 0;
  const flaky = new Proxy(bucket, {
    get(target, member) {
      const value = Reflect.get(target, member);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        // Every fifth thing that is asked of the bucket fails, now before it is done and now after: each in its turn.
        if (++calls % 5 !== 0) return value.apply(target, args);
        if (calls % 2 === 0) return Promise.reject(new Error("R2 is away"));
        return Promise.resolve(value.apply(target, args)).then(() => Promise.reject(new Error("the answer was lost")));
      };
    },
  });
  let finished = false;
  for (let run = 0; run < 200 && !finished; run++) {
    finished = await scheduledBackup({ ...env, BACKUPS: flaky } as Env, TODAY).then(
      (stepped) => stepped === "finished",
      () => false,
    );
    // Its own last step may have been done, and the answer lost.
    const row = await env.DB.prepare("SELECT value FROM settings WHERE name = 'scheduled_backup'").first<string>(
      "value",
    );
    finished ||= row !== null && JSON.parse(row).last !== null;
  }
  const [name = ""] = (await names()).filter((one) => one.endsWith(".backup"));
  const { end, pages } = await readFile(name);
  expect(pages.reduce((sum, { rows }) => sum + rows.length, 0)).toBe(
    Object.values(end.rows).reduce((a, b) => a + b, 0),
  );
});

test("what its last step failed with is told until a step works, and then the file, its size and its end", async () => {
  expect(await scheduledBackupStatus(env)).toEqual({ last: null, underWaySince: null, failure: null });
  vi.spyOn(bucket, "put").mockRejectedValueOnce(new Error("put: We encountered an internal error (10001)"));
  await expect(scheduledBackup(env, TODAY)).rejects.toThrow("10001");
  expect((await scheduledBackupStatus(env))?.failure).toEqual({
    at: TODAY,
    why: "put: We encountered an internal error (10001)",
  });
  await scheduledBackup(env, TODAY);
  expect(await scheduledBackupStatus(env)).toMatchObject({ last: null, underWaySince: TODAY, failure: null });
  await wholeBackup(TODAY);
  const [name = ""] = (await names()).filter((one) => one.endsWith(".backup"));
  expect(await scheduledBackupStatus(env)).toMatchObject({
    last: { name, endedAt: TODAY, bytes: (await bucket.head(name))?.size },
    underWaySince: null,
    failure: null,
  });
  expect(await scheduledBackupStatus({ ...env, BACKUP_KEY: "" })).toBeNull();
});

test("two runs at once make one file, whichever is faster", async () => {
  await makeAccount();
  for (let round = 0; round < 60; round++) {
    const [one, other] = await Promise.allSettled([scheduledBackup(env, TODAY), scheduledBackup(env, TODAY)]);
    if ([one, other].some((run) => run.status === "fulfilled" && run.value === "finished")) break;
  }
  const [name = ""] = (await names()).filter((one) => one.endsWith(".backup"));
  expect((await readFile(name)).end.rows.accounts).toBeGreaterThan(0);
});

test("a file larger than one part of an upload goes up in several, and is one", async () => {
  await longTrail();
  await wholeBackup(TODAY);
  const [name = ""] = await names();
  const { bytes, end } = await readFile(name);
  expect(bytes).toBeGreaterThan(UPLOAD_PART_BYTES);
  expect(end.rows.audit).toBeGreaterThanOrEqual(1500);
});

/** More than one part of an upload. */
async function longTrail(): Promise<void> {
  await env.DB.prepare(
    `WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 1500)
     INSERT OR IGNORE INTO audit (id, time, actor, action, target, detail)
     SELECT printf('aud_%032x', n), n, 'admin', 'noise', hex(randomblob(5000)), '{}' FROM number`,
  ).run();
}

/** The bucket, whose uploads are handed out by `of`. */
function uploading(of: (upload: R2MultipartUpload) => Partial<R2MultipartUpload>): R2Bucket {
  return new Proxy(bucket, {
    get(target, member) {
      if (member !== "resumeMultipartUpload") {
        const value = Reflect.get(target, member);
        return typeof value === "function" ? value.bind(target) : value;
      }
      return (key: string, id: string) => {
        const upload = target.resumeMultipartUpload(key, id);
        return {
          uploadId: id,
          uploadPart: upload.uploadPart.bind(upload),
          abort: upload.abort.bind(upload),
          ...of(upload),
        };
      };
    },
  });
}

test("a large file whose completion nobody was told of is whole, and the day is over with the next step", async () => {
  await longTrail();
  const deaf = uploading((upload) => ({
    complete: async (parts) => {
      await upload.complete(parts);
      throw new Error("the answer was lost");
    },
  }));
  let failed = false;
  for (let steps = 0; steps < 500 && !failed; steps++) {
    failed = await scheduledBackup({ ...env, BACKUPS: deaf } as Env, TODAY).then(
      () => false,
      () => true,
    );
  }
  expect(await wholeBackup(TODAY), "steps").toBe(1);
  const [name = "", ...others] = await names();
  expect(others).toEqual([]);
  expect((await readFile(name)).end.rows.audit).toBeGreaterThanOrEqual(1500);
  expect(await scheduledBackup(env, TODAY + HOUR_MS)).toBe("nothing_due");
});

test("a large file of which a slower run has uploaded a part once more is begun anew, and not tried for days", async () => {
  await longTrail();
  let overtaken = false;
  const raced = uploading((upload) => ({
    complete: async (parts) => {
      if (!overtaken) await upload.uploadPart(1, new Uint8Array(UPLOAD_PART_BYTES));
      overtaken = true;
      return upload.complete(parts);
    },
  }));
  const told: string[] = [];
  let finished = false;
  for (let steps = 0; steps < 1_000 && !finished; steps++) {
    finished = await scheduledBackup({ ...env, BACKUPS: raced } as Env, TODAY).then(
      (stepped) => stepped === "finished",
      (error) => told.push(String(error)) < 0,
    );
  }
  expect([finished, told.length]).toEqual([true, 1]);
  const [name = "", ...others] = await names();
  expect(others).toEqual([]);
  expect((await readFile(name)).end.rows.audit).toBeGreaterThanOrEqual(1500);
});

test("a backup during which ENCRYPTION_KEY is rotated has every secret, before, while and after the old key goes", async () => {
  const old = env.ENCRYPTION_KEY;
  const [ring, alone] = [`${"n".repeat(40)},${old}`, "n".repeat(40)];
  await makeAccount({ api_key: "sk-upstream-secret-0123456789" });
  await makeKey();
  const reseal = async () => {
    for (let cursor: unknown; cursor !== null; ) {
      const { status, body } = await asAdmin("POST", "/admin/reseal", cursor ? { cursor } : {});
      expect([status, body.error]).toEqual([200, undefined]);
      cursor = body.next_cursor;
    }
  };
  const isWhole = async () => {
    const name = (await names()).filter((one) => one.endsWith(".backup")).at(-1) ?? "";
    const { pages, own } = await readFile(name);
    for (const part of ["credentials", "api_keys", "key_secrets"]) {
      const page = pages.find((one) => one.part === part);
      const plain = await unbox(page?.box ?? "", own, recipient.public_key, secretsPurpose(part));
      const secrets = Object.keys(JSON.parse(new TextDecoder().decode(plain ?? undefined)));
      expect([part, secrets.length]).toEqual([part, page?.rows.length]);
    }
  };
  try {
    // The ring is in place with the second step, and everything is sealed anew with the third.
    await scheduledBackup(env, TODAY);
    Object.assign(env, { ENCRYPTION_KEY: ring });
    await scheduledBackup(env, TODAY);
    await reseal();
    await wholeBackup(TODAY);
    await isWhole();
    // The old key goes in the middle of another: what cannot be gone on with is begun anew, once.
    Object.assign(env, { ENCRYPTION_KEY: `${old},${alone}` });
    await scheduledBackup(env, TODAY + DAY_MS);
    Object.assign(env, { ENCRYPTION_KEY: alone });
    await expect(scheduledBackup(env, TODAY + DAY_MS)).rejects.toThrow("begun anew");
    await wholeBackup(TODAY + DAY_MS);
    await isWhole();
    expect((await names()).every((one) => one.endsWith(".backup"))).toBe(true);
  } finally {
    Object.assign(env, { ENCRYPTION_KEY: old });
  }
});

test("a draft that somebody has deleted costs the backup its steps so far, and not the day's", async () => {
  await makeAccount();
  await scheduledBackup(env, TODAY);
  await bucket.delete(await names());
  await expect(scheduledBackup(env, TODAY)).rejects.toThrow("draft");
  await wholeBackup(TODAY);
  const [name = ""] = await names();
  expect((await readFile(name)).end.rows.accounts).toBeGreaterThan(0);
});

test("without a bucket or a key nothing is asked of D1, and a key that is none is told and begins nothing", async () => {
  const DB = new Proxy({}, { get: () => expect.unreachable("D1 was asked") }) as unknown as D1Database;
  const { BACKUPS: _bucket, ...unbound } = env;
  expect(await scheduledBackup({ ...unbound, DB } as Env, TODAY)).toBe("nothing_due");
  expect(await scheduledBackup({ ...env, BACKUP_KEY: "", DB } as Env, TODAY)).toBe("nothing_due");
  const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
  await backUp({ ...env, BACKUP_KEY: "no key" } as Env, TODAY);
  expect(log.mock.calls.join()).toContain("job_failed");
  expect(await names()).toEqual([]);
});
