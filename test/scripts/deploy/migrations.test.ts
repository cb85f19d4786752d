/** Which migrations the version before lives with, and how the copy of the secrets grows. */
import { linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { readAnswers, writeAnswers } from "../../../scripts/deploy/answers.ts";
import { askAt, Stopped } from "../../../scripts/deploy/ask.ts";
import { newTo, onlyAdds } from "../../../scripts/deploy/migrations.ts";
import type { Options } from "../../../scripts/deploy/options.ts";
import { databaseRemark } from "../../../scripts/deploy/rollback.ts";
import { HISTORY } from "../../../scripts/deploy/run.ts";
import { onlyHere, planSecrets, saveCopy } from "../../../scripts/deploy/secrets.ts";

const adds = (sql: string) => onlyAdds({ name: "x.sql", sql });

it.each([
  "CREATE TABLE a (id TEXT PRIMARY KEY) WITHOUT ROWID;\nCREATE INDEX a_b ON a (b);",
  "-- DROP TABLE is only spoken of\nALTER TABLE `a` ADD COLUMN b TEXT NOT NULL DEFAULT '';",
  "INSERT INTO a SELECT * FROM b; UPDATE a SET c = 1;",
])("old code lives with %j", (sql) => expect(adds(sql)).toBe(true));

it.each([
  "DROP TABLE a;",
  "ALTER TABLE a DROP COLUMN b;",
  "ALTER TABLE a RENAME TO b;",
  "CREATE TABLE b (id TEXT); DELETE FROM a;",
  "CREATE UNIQUE INDEX a_b ON a (b);",
])("old code may not live with %j", (sql) => expect(adds(sql)).toBe(false));

it("what is to be applied is new to the version that serves, and so is what was applied after it had begun to", () => {
  const all = ["0001_a.sql", "0002_b.sql", "0003_c.sql"].map((name) => ({ name, sql: "" }));
  const applied = [
    { name: "0001_a.sql", applied_at: "2026-11-27 10:00:00" },
    { name: "0002_b.sql", applied_at: "2026-11-27 12:00:00" },
    { name: "0009_gone.sql", applied_at: "2026-11-27 12:00:00" },
  ];
  const names = (since: string) => {
    const { pending, unknown } = newTo(Date.parse(since), all, applied);
    return [pending.map(({ name }) => name), unknown.map(({ name }) => name)];
  };
  expect(names("2026-11-27T10:00:00.500Z")).toEqual([["0003_c.sql"], ["0002_b.sql", "0003_c.sql"]]);
  expect(names("2026-11-27T12:00:00.500Z")).toEqual([["0003_c.sql"], ["0003_c.sql"]]);
});

it("a question that is answered with Ctrl-C, or with nothing more, stops the run", async () => {
  for (const keys of ["\x03", "\x04", null]) {
    const [stdin, stdout] = [new PassThrough(), new PassThrough()].map((each) => Object.assign(each, { isTTY: true }));
    const ask = askAt(true, { stdin, stdout } as unknown as NodeJS.Process);
    const asked = ask.text("Where", "here");
    if (keys === null) stdin?.end();
    else stdin?.write(keys);
    await expect(asked).rejects.toBeInstanceOf(Stopped);
  }
});

it("a run that breaks off says a password that nobody else has, and no other", () => {
  const options = { ci: false } as Options;
  const run = { secretsGiven: true, missing: { ADMIN_PASSWORD: "the-password" }, options };
  expect(onlyHere(run, ["ADMIN_PASSWORD"], false)).toContain("the-password");
  expect(onlyHere(run, ["ADMIN_PASSWORD"], true)).toBe("");
  expect(onlyHere(run, [], false)).toBe("");
  expect(onlyHere({ ...run, secretsGiven: false }, ["ADMIN_PASSWORD"], false)).toBe("");
  expect(onlyHere({ ...run, options: { ...options, ci: true } }, ["ADMIN_PASSWORD"], false)).toBe("");
});

it("a secret that the Worker has is left alone; one that it lacks comes from the environment, else the copy, else is made", () => {
  const long = "x".repeat(32);
  const plan = planSecrets(["ADMIN_PASSWORD"], { JWT_SECRET: long }, { ENCRYPTION_KEY: `saved${long}` });
  if (!plan.ok) throw new Error(plan.refusal);
  expect(plan.value.missing).toMatchObject({ JWT_SECRET: long, ENCRYPTION_KEY: `saved${long}` });
  expect(plan.value.missing.KEY_SECRET).toMatch(/^[0-9a-f]{64}$/);
  expect(plan.value.missing).not.toHaveProperty("ADMIN_PASSWORD");
  expect(plan.value.made).toEqual(["KEY_SECRET"]);
  const weak = planSecrets([], { ENCRYPTION_KEY: "short" }, {});
  expect(weak).toEqual({ ok: false, refusal: expect.stringMatching(/^ENCRYPTION_KEY is too short/) });
});

it("the copy is readable by its owner only, also where an older one was not, and nothing is written twice", () => {
  const directory = mkdtempSync(join(tmpdir(), "edge-relay-copy-"));
  const path = join(directory, "deep/copy.env");
  expect(saveCopy(path, "relay", { JWT_SECRET: "one" }).ok).toBe(true);
  writeFileSync(path, readFileSync(path), { mode: 0o644 });
  expect(saveCopy(path, "relay", { JWT_SECRET: "one", KEY_SECRET: "two" }).ok).toBe(true);
  expect(readFileSync(path, "utf8").match(/^\w+=.*$/gm)).toEqual(["JWT_SECRET=one", "KEY_SECRET=two"]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  rmSync(directory, { recursive: true });
});

it("the only copy of a secret, and the answers, are never there in halves: each is replaced whole", () => {
  const directory = mkdtempSync(join(tmpdir(), "edge-relay-copy-"));
  const [path, answers, seen] = ["copy.env", "answers.json", "seen"].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  expect(saveCopy(path, "relay", { ENCRYPTION_KEY: "one" }).ok).toBe(true);
  writeAnswers(answers, { name: "relay" });
  // Whoever has opened it before goes on reading what it was, to its end.
  for (const [at, file] of [path, answers].entries()) linkSync(file, `${seen}${at}`);
  expect(saveCopy(path, "relay", { KEY_SECRET: "two" }).ok).toBe(true);
  writeAnswers(answers, { name: "another" });
  expect(readFileSync(`${seen}0`, "utf8").match(/^\w+=.*$/gm)).toEqual(["ENCRYPTION_KEY=one"]);
  expect(readFileSync(path, "utf8").match(/^\w+=.*$/gm)).toEqual(["ENCRYPTION_KEY=one", "KEY_SECRET=two"]);
  expect([readAnswers(`${seen}1`), readAnswers(answers)]).toEqual([
    { ok: true, value: { name: "relay" } },
    { ok: true, value: { name: "another" } },
  ]);
  expect(readdirSync(directory).sort()).toEqual(["answers.json", "copy.env", "seen0", "seen1"]);
  rmSync(directory, { recursive: true });
});

it("half a line that a killed run has left in the history keeps nobody from reading the others", () => {
  const root = mkdtempSync(join(tmpdir(), "edge-relay-history-"));
  mkdirSync(join(root, ".deploy"));
  const line = JSON.stringify({ time: "2026-01-01T00:00:00Z", serving: "v1", bookmark: "0000-1" });
  writeFileSync(join(root, HISTORY), `${line}\n${line.slice(0, 40)}\n`);
  expect(databaseRemark(root, "v1")).toContain("--bookmark=0000-1 ");
  rmSync(root, { recursive: true });
});
