/**
 * The aliases of keys, as their gates last told this isolate. They decide nothing: the gate is told what they make of a request, and
 * says so if it knows better.
 */
import { NO_ALIASES } from "../pool/aliases.ts";
import type { Aliases } from "../vocabulary.ts";

const MOST_KEYS = 1_000;

const aliases = new Map<string, Aliases>();

export function aliasesOfKey(keyId: string): Aliases {
  return aliases.get(keyId) ?? NO_ALIASES;
}

/** Call with what a key's gate says. */
export function rememberAliases(keyId: string, told: Aliases): void {
  aliases.delete(keyId);
  if (Object.keys(told).length === 0) return;
  aliases.set(keyId, told);
  const [oldest] = aliases.keys();
  if (aliases.size > MOST_KEYS && oldest !== undefined) aliases.delete(oldest);
}
