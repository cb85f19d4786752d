/**
 * Workers built as for a deployment, each in a workerd process of its own, on a socket that leads straight to it: the
 * proxy and entry Workers that `wrangler dev` puts in front would be measured with both sides and bring them closer.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions, unstable_readConfig, unstable_splitSqlQuery } from "wrangler";
import type { AccountView } from "../../src/admin/accounts/schema.ts";
import type { ApiKeyWithSecretView } from "../../src/admin/keys/schema.ts";
import type { Platform } from "../../src/vocabulary.ts";
import { signIn } from "../start/admin-api.ts";
import { run } from "../start/run.ts";
import { IS_LINUX, workerdChildren } from "./processes.ts";

export interface Site {
  root: string;
  /** An empty directory that is thrown away afterwards. */
  scratch: string;
  /** Origin of the fake provider. */
  upstream: string;
}

export interface RunningWorker {
  url: string;
  /** 0 where the system does not tell. */
  pid: number;
  miniflare: Miniflare;
}

export interface RunningRelay extends RunningWorker {
  /** A key with every limit set, and none of them in reach. */
  makeKey: (name: string) => Promise<Key>;
}

export interface Key {
  id: string;
  secret: string;
}

export interface Account {
  platform: Platform;
  /** What follows the fake provider's origin in the base URL. */
  basePath: string;
}

export const ANTHROPIC: Account = { platform: "anthropic", basePath: "" };
export const EVERY_PLATFORM: Account[] = [
  ANTHROPIC,
  { platform: "openai", basePath: "/v1" },
  { platform: "gemini", basePath: "" },
];

const ADMIN_PASSWORD = "bench-admin-password";

/** Bundles a Worker the way a deployment does; the directory of its modules. */
export async function build(site: Site, name: string, main: string): Promise<string> {
  const directory = join(site.scratch, name);
  mkdirSync(directory, { recursive: true });
  const { compatibility_date, compatibility_flags } = relayConfig(site);
  const config = { name, main: join(site.root, main), compatibility_date, compatibility_flags };
  const configPath = join(directory, "wrangler.json");
  writeFileSync(configPath, JSON.stringify(config));
  const out = join(directory, "out");
  const script = join(site.root, "node_modules/wrangler/bin/wrangler.js");
  const built = await run(
    `Building ${main}`,
    [script, "deploy", "--dry-run", "--config", configPath, "--outdir", out],
    {
      cwd: site.root,
      env: { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_WRITE_LOGS: "false" },
      signal: AbortSignal.timeout(60_000),
    },
  );
  if (!built.ok) throw new Error(built.refusal);
  return out;
}

/** The pass-through Worker, with nothing but the provider's address. */
export function startRaw(site: Site, built: string): Promise<RunningWorker> {
  const { compatibility_date, compatibility_flags } = relayConfig(site);
  return start(built, {
    compatibilityDate: compatibility_date ?? "",
    compatibilityFlags: compatibility_flags,
    bindings: { UPSTREAM: site.upstream },
  });
}

/** The relay with its own bindings, migrated; the fake provider is behind all of its accounts. */
export async function startRelay(site: Site, built: string, accounts = [ANTHROPIC]): Promise<RunningRelay> {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(relayConfig(site));
  // The console is served by Cloudflare before the Worker is asked; here a router Worker would stand in front.
  const { assets: _assets, modulesRules: _rules, bindings, ...options } = workerOptions;
  const worker = await start(built, {
    ...options,
    bindings: {
      ...(bindings as Record<string, string>),
      ADMIN_PASSWORD,
      JWT_SECRET: "bench-jwt-secret-0123456789abcdef0123456789abcdef",
      ENCRYPTION_KEY: "bench-encryption-key-0123456789abcdef01234567",
      KEY_SECRET: "bench-key-secret-0123456789abcdef0123456789abcd",
      ALLOW_PRIVATE_UPSTREAMS: "1",
    },
  });
  const db = await worker.miniflare.getD1Database("DB");
  const migrations = join(site.root, "migrations");
  for (const file of readdirSync(migrations).sort()) {
    const statements = unstable_splitSqlQuery(readFileSync(join(migrations, file), "utf8"));
    await db.batch(statements.map((statement) => db.prepare(statement)));
  }
  const api = await signIn(new URL(worker.url).origin, "admin", ADMIN_PASSWORD);
  if (!api.ok) throw new Error(`Signing in failed: ${api.refusal.message}`);
  for (const [index, { platform, basePath }] of accounts.entries()) {
    const made = await api.value.post<AccountView>("/accounts", {
      name: `bench ${index}`,
      platform,
      kind: "api-key",
      base_url: `${site.upstream}${basePath}`,
      api_key: `sk-bench-${index}`,
    });
    if (!made.ok) throw new Error(`Adding an account failed: ${made.refusal.message}`);
  }

  return {
    ...worker,
    makeKey: async (name) => {
      const key = await api.value.post<ApiKeyWithSecretView>("/api-keys", { name, ...GENEROUS_LIMITS });
      if (!key.ok) throw new Error(`Making a key failed: ${key.refusal.message}`);
      return { id: key.value.id, secret: key.value.api_key };
    },
  };
}

/** How many requests of a key its gate has booked, and how many of them D1 does not have yet. */
export async function reportOf(relay: RunningRelay, keyId: string): Promise<{ requests: number; unflushed: number }> {
  const gates = await relay.miniflare.getDurableObjectNamespace("GATE");
  const gate = gates.get(gates.idFromName(keyId)) as unknown as {
    report(keyId: string): Promise<{ totals: { requests: number }; unflushed: number }>;
  };
  const report = await gate.report(keyId);
  return { requests: report?.totals.requests ?? 0, unflushed: report?.unflushed ?? 0 };
}

/** Every limit has to be looked at on every request, and none is ever met. */
const GENEROUS_LIMITS = {
  concurrency_limit: 500,
  rate_limit_window_minutes: 1,
  rate_limit_requests: 1_000_000,
  rate_limit_tokens: 1_000_000_000_000,
  rate_limit_cost_usd: "1000000",
  daily_cost_limit_usd: "1000000",
  weekly_cost_limit_usd: "1000000",
  total_cost_limit_usd: "1000000",
  token_limit: 1_000_000_000_000,
};

type WorkerOptions = Omit<Parameters<typeof convertV4MiniflareOptions>[0], "workers">;

async function start(built: string, options: Partial<WorkerOptions>): Promise<RunningWorker> {
  const before = new Set(workerdChildren());
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
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
  const url = (await miniflare.unsafeGetDirectURL()).href;
  const [pid = 0, another] = workerdChildren().filter((child) => !before.has(child));
  if (IS_LINUX && (pid === 0 || another)) throw new Error("The Worker's process could not be told from others");
  return { url, pid, miniflare };
}

function relayConfig(site: Site) {
  return unstable_readConfig({ config: join(site.root, "wrangler.toml") }, { hideWarnings: true });
}
