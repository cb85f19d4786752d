/**
 * The keys that this isolate was just told are deleted or disabled, so that going on with one costs no body and no call
 * of its gate. Another isolate's change is seen here when the memory ends, within five seconds; a change made here, at
 * once. Nothing is remembered of a key that may be used: revoking takes effect on the next request.
 */
import type { Refusal } from "../refusal.ts";

const REMEMBERED_MS = 5_000;
/** Only genuine keys come this far, so that nobody can fill it. */
const MOST_KEYS = 1_000;

const refused = new Map<string, { refusal: Refusal; until: number }>();

/** Remembers a refusal if it is one that holds for every request of the key. */
export function noteRefused(keyId: string, refusal: Refusal, now: number): void {
  if (refusal.reason !== "key_unknown" && refusal.reason !== "key_disabled") return;
  if (refused.size >= MOST_KEYS) refused.clear();
  refused.set(keyId, { refusal, until: now + REMEMBERED_MS });
}

/** The refusal that is still remembered, or null. */
export function refusalOf(keyId: string, now: number): Refusal | null {
  const known = refused.get(keyId);
  if (!known) return null;
  if (now < known.until) return known.refusal;
  refused.delete(keyId);
  return null;
}

export function forgetRefused(keyId: string): void {
  refused.delete(keyId);
}
