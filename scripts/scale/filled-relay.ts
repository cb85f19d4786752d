/**
 * A relay that was used for a month, on a database of its own: filled in one transaction, then started as `npm start` does.
 */
import { randomBytes } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Result } from "../../src/vocabulary.ts";
import { buildConsole } from "../start/console-build.ts";
import { freePort } from "../start/ports.ts";
import type { Settings } from "../start/settings.ts";
import { isReady, migrate, startWorker } from "../start/worker.ts";
import { type Population, populate, type Size } from "./population.ts";
import { chanceOf } from "./random.ts";
import { writeTraffic } from "./traffic.ts";

const SEED = 12;

export interface Filled extends Pick<Population, "firstKey" | "keyIds" | "accounts"> {
  secrets: Record<"ADMIN_PASSWORD" | "JWT_SECRET" | "ENCRYPTION_KEY" | "KEY_SECRET", string>;
}

export interface FilledRelay {
  root: string;
  stateDir: string;
  filled: Filled;
}

/** Creates the database in `stateDir`, or finds the one that is kept there. Throws if the console or the tables cannot be made. */
export async function fillRelay(root: string, stateDir: string, size: Size): Promise<FilledRelay> {
  mkdirSync(stateDir, { recursive: true });
  const { signal } = new AbortController();
  const settings = await settingsOf(root, stateDir);
  for (const done of await Promise.all([buildConsole(root, signal), migrate(settings, signal)])) orThrow(done);
  return { root, stateDir, filled: await fill(stateDir, size) };
}

async function fill(stateDir: string, size: Size): Promise<Filled> {
  const file = join(stateDir, "prepared.json");
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8"));
  const secret = () => randomBytes(32).toString("hex");
  const secrets = { ADMIN_PASSWORD: secret(), JWT_SECRET: secret(), ENCRYPTION_KEY: secret(), KEY_SECRET: secret() };
  const database = new DatabaseSync(databaseFile(stateDir));
  // If it is stopped midway, the database must be made again.
  database.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN");
  const [chance, now] = [chanceOf(SEED), Date.now()];
  const population = await populate(database, size, secrets, chance, now);
  writeTraffic(database, size, population, chance, now);
  database.exec("COMMIT; PRAGMA journal_mode = WAL");
  database.close();
  const filled = { ...population, secrets };
  writeFileSync(file, JSON.stringify(filled), { mode: 0o600 });
  return filled;
}

/** The database that the migrations have created, among the files of Miniflare. */
function databaseFile(stateDir: string): string {
  const found = globSync(join(stateDir, "v3/d1/**/*.sqlite")).find((file) => {
    const database = new DatabaseSync(file, { readOnly: true });
    const known = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'api_keys'").get();
    database.close();
    return known !== undefined;
  });
  if (!found) throw new Error("The local database is not where Miniflare is known to keep it");
  return found;
}

/** Starts the relay, or another Worker in its place, passes its origin to `use`, and stops it when that is done. */
export async function withRelay<Value>(
  { root, stateDir, filled }: FilledRelay,
  use: (origin: string) => Promise<Value>,
  entry?: string,
): Promise<Value> {
  const settings = await settingsOf(root, stateDir);
  const local = { ALLOW_PRIVATE_UPSTREAMS: "1", ACCESS_TEAM_DOMAIN: "", ACCESS_AUD: "", PRICE_FEED_URL: "" };
  const worker = await startWorker(settings, { ...filled.secrets, ...local }, entry);
  try {
    const { signal } = new AbortController();
    if (!(await isReady(worker, settings.port, signal))) {
      throw new Error(`The Worker did not start:\n${worker.tail()}`);
    }
    return await use(`http://127.0.0.1:${settings.port}`);
  } finally {
    await worker.stop();
  }
}

async function settingsOf(root: string, stateDir: string): Promise<Settings> {
  return { root, stateDir, port: await freePort(), logFile: join(stateDir, "dev.log"), empty: true };
}

function orThrow(done: Result<null, string>): void {
  if (!done.ok) throw new Error(done.refusal);
}
