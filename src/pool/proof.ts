/**
 * The health after a test that was answered. Other successes may have been under way before the fault, and end nothing
 * that is still ahead (health.ts); a test began after it, so what was guessed has turned out to be over. An end that the
 * provider has named is believed all the same: it may be about more than one small request. Pure.
 */
import { type AccountHealth, afterSuccess, type KeyHealth } from "./health.ts";
import { isActive, type Parked } from "./parked.ts";

/** `family`: the one of the model that answered, null where limits do not go by model. */
export function afterProof(health: AccountHealth, keyId: string, family: string | null, now: number): AccountHealth {
  const parked = guessEnded(health.parked, now);
  const keys = Object.hasOwn(health.keys, keyId) ? health.keys[keyId] : undefined;
  const key = keys && keyProven(keys, family, now);
  const changed = parked !== health.parked || key !== keys;
  const proven = changed ? { ...health, parked, keys: key ? { ...health.keys, [keyId]: key } : health.keys } : health;
  return afterSuccess(proven, keyId, now);
}

function keyProven(key: KeyHealth, family: string | null, now: number): KeyHealth {
  const parked = guessEnded(key.parked, now);
  const known = family !== null && Object.hasOwn(key.families, family) ? (key.families[family] ?? null) : null;
  const ended = guessEnded(known, now);
  if (parked === key.parked && ended === known) return key;
  const families = family !== null && ended ? { ...key.families, [family]: ended } : key.families;
  return { ...key, parked, families };
}

/** How often it was guessed is kept: if the next guess comes soon, it grows from there. */
function guessEnded(parked: Parked | null, now: number): Parked | null {
  return parked && !parked.known && isActive(parked, now) ? { ...parked, until: now } : parked;
}
