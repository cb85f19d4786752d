/**
 * The health after an account check that was answered. Other successful requests may have begun before the fault, so they end no
 * cooldown that still lasts (health.ts). A check begins after the fault, so it ends a cooldown that was guessed. It does not end a
 * cooldown whose end the provider named: that may concern more than one small request. Pure.
 */
import { type Cooldown, isActive } from "./cooldown.ts";
import { type AccountHealth, afterSuccess, type KeyHealth } from "./health.ts";

/** `family`: the family of the model that answered; null if limits do not go by model. */
export function afterPassedCheck(
  health: AccountHealth,
  keyId: string,
  family: string | null,
  now: number,
): AccountHealth {
  const parked = endIfGuessed(health.parked, now);
  const before = Object.hasOwn(health.keys, keyId) ? health.keys[keyId] : undefined;
  const key = before && keyAfterPassedCheck(before, family, now);
  const changed = parked !== health.parked || key !== before;
  const keys = key ? { ...health.keys, [keyId]: key } : health.keys;
  return afterSuccess(changed ? { ...health, parked, keys } : health, keyId, now);
}

function keyAfterPassedCheck(key: KeyHealth, family: string | null, now: number): KeyHealth {
  const parked = endIfGuessed(key.parked, now);
  const known = family !== null && Object.hasOwn(key.families, family) ? (key.families[family] ?? null) : null;
  const ended = endIfGuessed(known, now);
  if (parked === key.parked && ended === known) return key;
  const families = family !== null && ended ? { ...key.families, [family]: ended } : key.families;
  return { ...key, parked, families };
}

/** The level is kept: if another fault follows soon, its guess grows from there. */
function endIfGuessed(cooldown: Cooldown | null, now: number): Cooldown | null {
  return cooldown && !cooldown.known && isActive(cooldown, now) ? { ...cooldown, until: now } : cooldown;
}
