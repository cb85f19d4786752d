/** A backup file among others of its name: of a run at once, and of one that was killed. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { BackupWriter } from "../../../scripts/relay/backup/writing.ts";
import { makeRecipient } from "../../../src/backup/file/recipient.ts";

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "edge-relay-writing-"));
  path = join(directory, "relay.backup");
});
afterEach(() => rmSync(directory, { recursive: true }));

async function begin(): Promise<BackupWriter> {
  const recipient = await makeRecipient({ name: "scrypt", n: 2, r: 1, p: 1, salt: "c2FsdA" }, async () =>
    new Uint8Array(32).fill(1),
  );
  return BackupWriter.begin(path, { schema: 1, made_at: "2026-11-27T00:00:00.000Z", relay: "", with: [], recipient });
}

it("the file of a run that was faster stays as it is", async () => {
  const writer = await begin();
  writeFileSync(path, "somebody else's backup");
  expect(await writer.end()).toBeNull();
  await writer.abandon();
  expect(readFileSync(path, "utf8")).toBe("somebody else's backup");
  expect(readdirSync(directory)).toEqual(["relay.backup"]);
});

it("what a killed run of the same number has left is replaced, and nothing is left beside the whole file", async () => {
  writeFileSync(`${path}.${process.pid}.part`, "half a fi");
  const writer = await begin();
  expect(await writer.end()).toBeGreaterThan(100);
  await writer.abandon();
  expect(readdirSync(directory)).toEqual(["relay.backup"]);
});
