/** Which migrations the version before lives with, and how the copy of the secrets grows. */
import { linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readAnswers, writeAnswers } from "../../../scripts/deploy/answers.ts";
import { onlyAdds, pendingIn } from "../../../scripts/deploy/migrations.ts";
import { databaseRemark } from "../../../scripts/deploy/rollback.ts";
import { HISTORY } from "../../../scripts/deploy/run.ts";
import { planSecrets, saveCopy } from "../../../scripts/deploy/secrets.ts";

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

it("the migrations to come are those of ours that wrangler lists", () => {
  expect(pendingIn("│ 0002_b.sql │\n│ 0009_gone.sql │", ["0001_a.sql", "0002_b.sql"])).toEqual(["0002_b.sql"]);
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
