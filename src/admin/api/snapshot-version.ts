/** The statement that tells every isolate to reload accounts and groups. It is part of the batch of the change. */
import { eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { settings } from "../../store/schema.ts";

/** The caller also calls `forgetSnapshot`, so that its own isolate reloads at once. */
export function raiseSnapshotVersion(env: Env) {
  return drizzle(env.DB)
    .update(settings)
    .set({ value: sql`cast(${settings.value} as integer) + 1` })
    .where(eq(settings.name, "snapshot_version"));
}

/** The same for a batch of plain D1 statements. */
export function snapshotVersionRaised(env: Env): D1PreparedStatement {
  return env.DB.prepare("UPDATE settings SET value = cast(value AS integer) + 1 WHERE name = 'snapshot_version'");
}
