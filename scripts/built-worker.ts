/**
 * A Worker built as for a deployment, in a workerd process of its own, on a socket that leads directly to it. The proxy, entry and router
 * Workers that `wrangler dev` puts in front do not exist in production, and cost more than the relay does.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions, unstable_readConfig, unstable_splitSqlQuery } from "wrangler";
import { QUIET_WRANGLER } from "./quiet-wrangler.ts";
import { run } from "./start/run.ts";

/** On a machine that runs all tests at the same time. */
const BUILT_WITHIN_MS = 180_000;

export interface Place {
  /** The checkout. */
  root: string;
  /** An empty directory that is deleted afterwards. */
  scratch: string;
}

export interface RunningWorker {
  /** With a trailing slash. */
  url: string;
  miniflare: Miniflare;
}

/** Bundles `main` (a path from `root`). Returns the directory of its modules. */
export async function build({ root, scratch }: Place, name: string, main: string): Promise<string> {
  const directory = join(scratch, name);
  mkdirSync(directory, { recursive: true });
  const config = { name, main: join(root, main), ...compatibility(root) };
  const configPath = join(directory, "wrangler.json");
  writeFileSync(configPath, JSON.stringify(config));
  const out = join(directory, "out");
  const script = join(root, "node_modules/wrangler/bin/wrangler.js");
  const built = await run(
    `Building ${main}`,
    [script, "deploy", "--dry-run", "--config", configPath, "--outdir", out],
    {
      cwd: root,
      env: { ...process.env, ...QUIET_WRANGLER },
      signal: AbortSignal.timeout(BUILT_WITHIN_MS),
    },
  );
  if (!built.ok) throw new Error(built.refusal);
  return out;
}

/** The relay with the bindings of `wrangler.toml`, these secrets and variables, and `more` bindings; its database is migrated. */
export async function startRelay(
  root: string,
  built: string,
  variables: Record<string, string>,
  more: Partial<WorkerOptions> = {},
): Promise<RunningWorker> {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(configOf(root));
  // In production Cloudflare serves the console before it asks the Worker. Here a router Worker would be in front.
  const { assets: _assets, modulesRules: _rules, bindings, ...options } = workerOptions;
  const own = bindings as Record<string, string>;
  const worker = await startBuilt(root, built, { ...options, ...more, bindings: { ...own, ...variables } });
  const db = await worker.miniflare.getD1Database("DB");
  const migrations = join(root, "migrations");
  for (const file of readdirSync(migrations).sort()) {
    const statements = unstable_splitSqlQuery(readFileSync(join(migrations, file), "utf8"));
    await db.batch(statements.map((statement) => db.prepare(statement)));
  }
  return worker;
}

type WorkerOptions = Omit<Parameters<typeof convertV4MiniflareOptions>[0], "workers">;

/** Any Worker that was built here, with the compatibility flags of `wrangler.toml`. */
export async function startBuilt(root: string, built: string, options: Partial<WorkerOptions>): Promise<RunningWorker> {
  const { compatibility_date, compatibility_flags } = compatibility(root);
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      compatibilityDate: compatibility_date ?? "",
      compatibilityFlags: compatibility_flags,
      ...options,
      rootPath: built,
      modulesRoot: built,
      modules: readdirSync(built)
        .filter((file) => file.endsWith(".js"))
        .map((file) => ({ type: "ESModule" as const, path: file })),
      unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
      // Otherwise the runtime's stand-in for the network copies the headers of every request.
      stripCfConnectingIp: false,
    }),
  );
  return { url: (await miniflare.unsafeGetDirectURL()).href, miniflare };
}

function compatibility(root: string) {
  const { compatibility_date, compatibility_flags, keep_names, minify } = configOf(root);
  return { compatibility_date, compatibility_flags, keep_names, minify };
}

function configOf(root: string) {
  return unstable_readConfig({ config: join(root, "wrangler.toml") }, { hideWarnings: true });
}
