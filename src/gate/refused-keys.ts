/**
 * The keys that this isolate knows to be deleted or disabled, so that it refuses their requests without reading the body or asking the
 * gate. If another isolate enables a key again, this one sees it within five seconds; its own change it sees at once. Nothing is
 * remembered of a key that may be used: revoking takes effect on the next request.
 */
import type { Refusal } from "../refusal.ts";

const REMEMBERED_MS = 5_000;
/** Only keys that were really issued come here, so nobody can fill it. */
const MOST_KEYS = 1_000;

const refused = new Map<string, { refusal: Refusal; until: number }>();

/** Remembers a refusal, if it holds for every request of the key. */
export function rememberRefusal(keyId: string, refusal: Refusal, now: number): void {
  if (refusal.reason !== "key_unknown" && refusal.reason !== "key_disabled") return;
  if (refused.size >= MOST_KEYS) refused.clear();
  refused.set(keyId, { refusal, until: now + REMEMBERED_MS });
}

/** The refusal that is still remembered, or null. */
export function rememberedRefusal(keyId: string, now: number): Refusal | null {
  const known = refused.get(keyId);
  if (!known) return null;
  if (now < known.until) return known.refusal;
  refused.delete(keyId);
  return null;
}

export function forgetRefusal(keyId: string): void {
  refused.delete(keyId);
}
