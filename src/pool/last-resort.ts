/**
 * What is left when every account has stepped aside. A guess of ours must not turn a whole pool away: a pool of one
 * whose provider had a bad minute is asked again, and answers for itself. What a provider has named (a reset, a
 * revoked key) is believed.
 */
import type { AccountHealth, KeyHealth } from "./health.ts";
import type { Parked } from "./parked.ts";

/** The health as it would be if we had not guessed. */
export function withoutGuesses(health: AccountHealth): AccountHealth {
  const keys = Object.entries(health.keys).map(([id, key]): [string, KeyHealth] => [
    id,
    { ...key, parked: known(key.parked), families: knownOf(key.families) },
  ]);
  return { ...health, parked: known(health.parked), probing: false, keys: Object.fromEntries(keys) };
}

function known(parked: Parked | null): Parked | null {
  return parked?.known ? parked : null;
}

function knownOf(families: Record<string, Parked>): Record<string, Parked> {
  return Object.fromEntries(Object.entries(families).filter(([, parked]) => parked.known));
}
