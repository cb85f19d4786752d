import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { LEFT_OUT, PARTS } from "../../src/backup/parts.ts";
import { schemaNumber } from "../../src/backup/schema-number.ts";

test("each table is a part of a backup, or it is said why it is left out", async () => {
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*'",
  ).all<{ name: string }>();
  const known = [...PARTS.filter((part) => part !== "sign_ins"), ...Object.keys(LEFT_OUT)];
  expect(results.map(({ name }) => name).sort()).toEqual(known.sort());
});

test("a backup says the newest migration that the database has", async () => {
  const newest = Math.max(...env.TEST_MIGRATIONS.map(({ name }) => Number.parseInt(name, 10)));
  expect(await schemaNumber(env.DB)).toBe(newest);
});
