import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

test("each of the two five-minute jobs has a trigger by the very text that the Worker knows it by", () => {
  const [, watch] = /WATCH_CRON = "([^"]+)"/.exec(read("src/watch/watch.ts")) ?? [];
  const [, backup] = /BACKUP_CRON = "([^"]+)"/.exec(read("src/jobs/scheduled-backup.ts")) ?? [];
  const [, triggers = ""] = /^crons = \[(.*)\]$/m.exec(read("wrangler.toml")) ?? [];
  expect([...triggers.matchAll(/"([^"]+)"/g)].map(([, cron]) => cron)).toEqual(["17 * * * *", watch, backup]);
});
