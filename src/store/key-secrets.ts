/**
 * The secrets by which keys of other relays are recognised after a backup of these relays was restored here: their KEY_SECRET, which
 * verifies their own keys, and the pepper of the keys that they had imported. Both lie sealed in D1, so a restored key needs no setting.
 *
 * They are read when somebody comes with a key that is not our own, and then remembered until the accounts change, which each restore
 * brings about. So a flood of forged keys costs D1 one read for each isolate in ten minutes.
 */
import { record } from "../events.ts";
import { MINUTE_MS, SECOND_MS } from "../ground/durations.ts";
import { keySecretPlace } from "../vault/places.ts";
import { tryOpen } from "../vault/seal.ts";
import { Remembered } from "./remembered.ts";

/** What a secret is for. */
export const KEY_SECRET_USES = ["keys", "imported_keys"] as const;
export type KeySecretUse = (typeof KEY_SECRET_USES)[number];

interface Restored {
  secrets: string[];
  peppers: string[];
}

const FRESH_MS = 10 * MINUTE_MS;
/** After D1 did not answer, forged keys do not make the relay ask it again at once. */
const FAILED_FOR_MS = 5 * SECOND_MS;
/** A backup also brings the secrets that its relay had from others. Twenty moves are many. */
export const MOST_KEY_SECRETS = 20;

const remembered = new Remembered<Restored>({
  name: "key secrets",
  freshMs: () => FRESH_MS,
  usableMs: FRESH_MS,
  patienceMs: 5 * SECOND_MS,
});
let failed: { until: number; error: unknown } | undefined;

/** KEY_SECRET, and the secrets of other relays that are remembered. */
export function knownRing(env: Env): string {
  return ringOf(env, remembered.value) ?? env.KEY_SECRET;
}

/**
 * The same, as D1 has it; `ring` is null if there is no secret but our own. `peppers` has LEGACY_KEY_PEPPER first. Rejects if D1 does
 * not answer and nothing is remembered.
 */
export async function keySecrets(env: Env, now: number): Promise<{ ring: string | null; peppers: string[] }> {
  if (failed && now < failed.until) throw failed.error;
  try {
    const restored = await remembered.get((known) => read(env, known), now);
    failed = undefined;
    const { LEGACY_KEY_PEPPER: pepper } = env;
    return { ring: ringOf(env, restored), peppers: [...(pepper ? [pepper] : []), ...restored.peppers] };
  } catch (error) {
    failed = { until: now + FAILED_FOR_MS, error };
    throw error;
  }
}

/** Call after a change made by this isolate, and when a change made elsewhere was seen. */
export function forgetKeySecrets(): void {
  failed = undefined;
  remembered.forget();
}

function ringOf({ KEY_SECRET }: Env, { secrets }: Pick<Restored, "secrets"> = { secrets: [] }): string | null {
  return secrets.length === 0 ? null : [KEY_SECRET, ...secrets].join(",");
}

async function read(env: Env, known: Restored | undefined): Promise<Restored> {
  const { results } = await env.DB.prepare(
    `SELECT id, used_for, sealed FROM key_secrets ORDER BY created_at, id LIMIT ${MOST_KEY_SECRETS}`,
  ).all<{
    id: string;
    used_for: KeySecretUse;
    sealed: string;
  }>();
  const restored: Restored = { secrets: [], peppers: [] };
  for (const { id, used_for, sealed } of results) {
    const opened = await tryOpen(sealed, keySecretPlace(id), env.ENCRYPTION_KEY);
    if (opened.ok) (used_for === "keys" ? restored.secrets : restored.peppers).push(opened.plain);
    else record({ event: "foreign_keys_unreadable", error: `${id}: ${opened.reason}` });
  }
  return known && JSON.stringify(known) === JSON.stringify(restored) ? known : restored;
}
