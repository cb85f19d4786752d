import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";

/** The rooms that remember nothing and store nothing (scripts/layers.ts): a third of all files of tests. */
const PURE = /\/test\/(?:protocols|pricing)\//;

/**
 * Files share one Worker, because a start costs two seconds of CPU. So each begins with modules of its own, which
 * remember nothing, with an empty D1 and KV, and without objects. Those of pure rooms need none of that.
 */
vi.useRealTimers();
vi.restoreAllMocks();
vi.unstubAllGlobals();
if (!PURE.test(expect.getState().testPath ?? "")) {
  vi.resetModules();
  await reset();
  await dropTables();
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
}

/** What `reset` leaves of D1 on a busy machine. */
async function dropTables(): Promise<void> {
  const tables = env.DB.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*'");
  const { results } = await tables.all<{ name: string }>();
  const own = results.filter(({ name }) => !name.startsWith("sqlite_"));
  if (own.length > 0) await env.DB.batch(own.map(({ name }) => env.DB.prepare(`DROP TABLE "${name}"`)));
}
