/** What the steps of one deployment share: what was found and decided, and the results of earlier steps. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SecretName } from "../../src/ground/secrets.ts";
import type { Answers } from "./answers.ts";
import type { Login } from "./check.ts";
import { configFor, type RawConfig, type Resources } from "./config.ts";
import type { Found } from "./look.ts";
import type { Migration } from "./migrations.ts";
import type { Options } from "./options.ts";
import type { Wrangler } from "./wrangler.ts";

export interface Run {
  root: string;
  env: NodeJS.ProcessEnv;
  options: Options;
  raw: RawConfig;
  answers: Answers & { name: string };
  wrangler: Wrangler;
  /** For what must be done even if somebody stops the run. */
  unstopped: Wrangler;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  found: Found;
  missing: Partial<Record<SecretName, string>>;
  copyPath: string;
  subdomain: string;
  /** The final address of the relay, for clients and people. */
  origin: string;
  /** Its address before this run gives it another one. */
  originNow: string;
  login: Login | null;
  say(line: string): void;

  resources: Partial<Resources>;
  /** The uploaded version that should serve; null: not uploaded, or it cannot be uploaded separately. */
  uploaded: string | null;
  /** Whether the Worker has got the secrets that it lacked. */
  secretsGiven: boolean;
  /** The reason if everything is switched at once. */
  atOnce: string | null;
  /** Whether the old code no longer fits the tables. */
  breaking: boolean;
  bookmark: string | null;
}

/** The generated configuration's path, from the root. */
export const CONFIG = ".deploy/wrangler.json";
export const ANSWERS = ".deploy/answers.json";
export const HISTORY = ".deploy/history.ndjson";

/** Writes the configuration. `domain`: the one that may be taken now. Returns the flags that name it. */
export function writeConfig(run: Run, domain: string | null): string[] {
  const { database, kv } = run.resources;
  if (database === undefined || kv === undefined)
    throw new Error("the database and the namespace come before the configuration");
  const path = join(run.root, CONFIG);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(configFor(run.raw, run.answers, { database, kv }, domain), null, 2)}\n`);
  return ["--config", CONFIG];
}

export function migrationsIn(root: string): Migration[] {
  const directory = join(root, "migrations");
  const files = readdirSync(directory).filter((name) => name.endsWith(".sql"));
  return files.sort().map((name) => ({ name, sql: readFileSync(join(directory, name), "utf8") }));
}
