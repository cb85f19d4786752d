/** Applies this version's migrations to the database, and finds out whether the version that still serves can work with them. */
import type { Result } from "../../src/vocabulary.ts";
import { attached } from "./domain.ts";
import { explained } from "./faults.ts";
import { type Applied, newTo, onlyAdds } from "./migrations.ts";
import { migrationsIn, type Run, writeConfig } from "./run.ts";

export async function migrate(run: Run): Promise<Result<null, string>> {
  const config = writeConfig(run, attached(run));
  // A new relay has no old code that a migration could disturb.
  if (run.found.serving !== null) {
    const pending = await lookAhead(run, config);
    if (!pending.ok) return pending;
    if (pending.value.length === 0) return { ok: true, value: null };
    run.say(`  ${pending.value.join(", ")}`);
  }
  const applied = await run.wrangler.run("d1", "migrations", "apply", "DB", "--remote", ...config);
  if (applied.ok) return { ok: true, value: null };
  const back =
    run.found.serving === null ? "" : "\nThe version before goes on serving. What was applied stays applied.";
  return { ok: false, refusal: explained("Migrating the database", applied.refusal) + back };
}

/** The migrations still to apply. Notes in the run if those that the old version does not know do more than add. */
async function lookAhead(run: Run, config: string[]): Promise<Result<string[], string>> {
  const applied = await appliedIn(run, config);
  if (!applied.ok) return applied;
  const { pending, unknown } = newTo(run.found.servingSince, migrationsIn(run.root), applied.value);
  const breaking = unknown.filter((migration) => !onlyAdds(migration));
  if (breaking.length > 0) {
    const which = breaking.map(({ name }) => name).join(", ");
    run.breaking = true;
    run.atOnce ??= `${which} does more than add to the tables, so the old version does not go on serving beside the new one`;
  }
  return { ok: true, value: pending.map(({ name }) => name) };
}

const APPLIED = "SELECT name, applied_at FROM d1_migrations";

async function appliedIn({ wrangler }: Run, config: string[]): Promise<Result<Applied[], string>> {
  const args = ["d1", "execute", "DB", "--remote", "--json", "--command", APPLIED, ...config];
  const read = await wrangler.json<{ results: Applied[] }[]>(...args);
  if (read.ok) return { ok: true, value: read.value[0]?.results ?? [] };
  // The database was created in another way, such as by the deploy button.
  if (/no such table/.test(read.refusal.message)) return { ok: true, value: [] };
  return { ok: false, refusal: explained("Listing the migrations", read.refusal) };
}
