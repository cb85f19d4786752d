/** A D1 as it is after the migrations, for each file, and for a relay that is to be another one. */
import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";

/** Behind `reset`. */
export async function emptyTables(): Promise<void> {
  await dropTables();
  await makeTables();
}

/** Tables, indexes and first rows as the migrations make them; kept for the files that follow, which need one batch for them. */
interface Made {
  statements: string[];
}

/**
 * Thirty migrations are thirty transactions, and most of what a file waits for at its beginning. They run once
 * in a Worker; afterwards its files are given what came of it.
 */
async function makeTables(): Promise<void> {
  const kept = globalThis as { madeByMigrations?: Made };
  if (kept.madeByMigrations) {
    await env.DB.batch(kept.madeByMigrations.statements.map((sql) => env.DB.prepare(sql)));
    return;
  }
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  const schema = await env.DB.prepare(
    `SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*'
       ORDER BY type = 'table' DESC, rowid`,
  ).all<{ type: string; name: string; sql: string }>();
  const statements = schema.results.map(({ sql }) => sql);
  for (const { name } of schema.results.filter(({ type }) => type === "table")) {
    const { results } = await env.DB.prepare(`SELECT * FROM "${name}"`).all();
    for (const row of results) {
      const columns = Object.keys(row).map((column) => `"${column}"`);
      const values = Object.values(row).map((value) =>
        value === null ? "NULL" : `'${String(value).replaceAll("'", "''")}'`,
      );
      statements.push(`INSERT INTO "${name}" (${columns.join(", ")}) VALUES (${values.join(", ")})`);
    }
  }
  kept.madeByMigrations = { statements };
}

/** What `reset` leaves of D1 on a busy machine. */
async function dropTables(): Promise<void> {
  const tables = env.DB.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*'");
  const { results } = await tables.all<{ name: string }>();
  const own = results.filter(({ name }) => !name.startsWith("sqlite_"));
  if (own.length > 0) await env.DB.batch(own.map(({ name }) => env.DB.prepare(`DROP TABLE "${name}"`)));
}
