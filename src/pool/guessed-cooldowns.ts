/**
 * An account's health without the cooldowns that the relay guessed. A guess must not refuse a request if no other account is left: in a
 * pool of one account whose provider had a bad minute, that account is asked again. An end that the provider named (a reset) and a
 * key that it revoked still count.
 */
import type { Cooldown } from "./cooldown.ts";
import type { AccountHealth, KeyHealth } from "./health.ts";

export function withoutGuessedCooldowns(health: AccountHealth): AccountHealth {
  const keys = Object.entries(health.keys).map(([id, key]): [string, KeyHealth] => [
    id,
    { ...key, parked: unlessGuessed(key.parked), families: namedOf(key.families) },
  ]);
  return { ...health, parked: unlessGuessed(health.parked), probing: false, keys: Object.fromEntries(keys) };
}

function unlessGuessed(cooldown: Cooldown | null): Cooldown | null {
  return cooldown?.known ? cooldown : null;
}

function namedOf(families: Record<string, Cooldown>): Record<string, Cooldown> {
  return Object.fromEntries(Object.entries(families).filter(([, cooldown]) => cooldown.known));
}
