/**
 * The ids of keys that another relay has made (src/keys/legacy-key.ts), as one isolate remembers them. A forged key is refused from
 * memory: all ids lie in one row, which is looked at twice a minute while such keys come, and read if it has grown.
 */
import { LEGACY_ID_LENGTH } from "../keys/legacy-key.ts";
import { Remembered } from "./remembered.ts";

/** The row of `settings` that has them. */
const NAME = "legacy_keys";
/** D1 takes a value of 2 MB. */
export const LEGACY_KEYS_MAX = 50_000;

const LOOK_EVERY_MS = 30_000;
/** Ids are never removed, because the gate refuses a deleted key. So what is remembered is right, however old. */
const USABLE_MS = Number.POSITIVE_INFINITY;
const PATIENCE_MS = 10_000;

const remembered = new Remembered<ReadonlySet<string>>({
  name: "legacy keys",
  freshMs: () => LOOK_EVERY_MS,
  usableMs: USABLE_MS,
  patienceMs: PATIENCE_MS,
});

/** The ids; synchronous while a request need not wait for them. `now` in milliseconds. Rejects if D1 has never answered. */
export function legacyKeyIds(env: Env, now: number): ReadonlySet<string> | Promise<ReadonlySet<string>> {
  return remembered.get((known) => read(env, known), now);
}

/** Call after a change made by this isolate, so that its own next request sees it. */
export function forgetLegacyKeys(): void {
  remembered.forget();
}

/** The statement that writes the row anew from the table of keys. */
export function gatherLegacyKeys(env: Env): D1PreparedStatement {
  return env.DB.prepare(
    `INSERT INTO settings (name, value)
     SELECT ?1, coalesce(group_concat(id, ''), '') FROM (SELECT id FROM api_keys WHERE imported_from <> '' ORDER BY id)
     WHERE true ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
  ).bind(NAME);
}

/** Ids are only ever added, so a row that is as long as before is the same. */
async function read(env: Env, known: ReadonlySet<string> | undefined): Promise<ReadonlySet<string>> {
  const row = await env.DB.prepare("SELECT iif(length(value) = ?2, NULL, value) AS ids FROM settings WHERE name = ?1")
    .bind(NAME, known ? known.size * LEGACY_ID_LENGTH : -1)
    .first<{ ids: string | null }>();
  if (row && row.ids === null && known) return known;
  return new Set(row?.ids?.match(IDS) ?? []);
}

const IDS = new RegExp(`.{${LEGACY_ID_LENGTH}}`, "g");
