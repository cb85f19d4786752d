/** Each `import` of docs/migrate.md is run as it stands there, with the exports that it names. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SYNC } from "../scripts/relay/import/crs-exports-fixture.ts";
import { ENCRYPTION_KEY, REDIS } from "../scripts/relay/import/crs-fixture.ts";
import {
  CCX_CONFIG,
  CHANNELS,
  SQLITE_DUMP,
  SUB2API_EXPORT,
  SUB2API_KEYS,
  TOKENS,
} from "../scripts/relay/import/other-fixtures.ts";
import { CommandLine } from "./command-line.ts";
import { RelayUnderTest } from "./relay-under-test.ts";

const page = (path: string) => readFileSync(new URL(`../../docs/${path}`, import.meta.url), "utf8");
const commandsOf = (text: string) =>
  [...text.matchAll(/^ *npx edge-relay (import .*)$/gm)].map(([, line = ""]) => line);
const COMMANDS = commandsOf(page("migrate.md"));

/** What the page calls them. */
const FILES: Record<string, unknown> = {
  "export.json": SYNC,
  "crs.json": REDIS,
  "old/.env": `ENCRYPTION_KEY=${ENCRYPTION_KEY}\n`,
  "config.json": CCX_CONFIG,
  ".env": "PROXY_ACCESS_KEY=an-access-key-of-more-than-20\n",
  "sub2api-accounts.json": SUB2API_EXPORT,
  "sub2api-keys.json": SUB2API_KEYS,
  "channels.json": CHANNELS,
  "tokens.json": TOKENS,
  "dump.sql": SQLITE_DUMP,
};

const relay = new RelayUnderTest();
const files = mkdtempSync(join(tmpdir(), "edge-relay-migrate-"));
let cli: CommandLine;

beforeAll(async () => {
  await relay.start();
  cli = new CommandLine();
  for (const [name, content] of Object.entries(FILES)) {
    mkdirSync(dirname(join(files, name)), { recursive: true });
    writeFileSync(join(files, name), typeof content === "string" ? content : JSON.stringify(content));
  }
});
afterAll(async () => {
  cli.dispose();
  rmSync(files, { recursive: true, force: true });
  await relay.stop();
});

test("both languages have the same commands, and each file that they name is tried here", () => {
  expect(commandsOf(page("zh-CN/migrate.md"))).toEqual(COMMANDS);
  expect(COMMANDS.length).toBeGreaterThan(8);
});

test.each([...COMMANDS, "import dump.sql --yes"])("%s", async (line) => {
  const args = line.split(" ").map((word) => (word in FILES ? join(files, word) : word));
  const { code, out, err } = await cli.run([...args, "--json"]);
  expect(out, `${code} ${err}`).not.toBe("");
  const { reports, done } = JSON.parse(out) as {
    reports: { refused: unknown[] }[];
    done: { failed: { name: string; reason: string }[] }[] | null;
  };
  expect(reports.flatMap(({ refused }) => refused)).toEqual([]);
  expect(done === null).toBe(line.includes("--dry-run"));
  // Google does not know the tokens of an example.
  const failed = (done ?? []).flatMap((did) => did.failed).filter(({ name }) => !GOOGLES.includes(name));
  expect([failed, err.includes("sk-ant")]).toEqual([[], false]);
  expect(code).toBeLessThan(2);
});

const GOOGLES = ["Code Assist", "Antigravity", "Assist", "Anti"];
