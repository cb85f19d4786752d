/**
 * Counts the bytes of request bodies that this isolate holds, for all requests together and for each key. A body that does not fit
 * is refused before it is read. It counts what its callers report; it measures nothing.
 */
import { MINUTE_MS } from "../ground/durations.ts";
import type { Refusal } from "../refusal.ts";
import type { Result } from "../vocabulary.ts";

/** For all bodies, of the isolate's 128 MB; the rest is for code, streams and what the runtime copies. */
const MOST_BYTES = 72_000_000;
/** For the bodies of one key, so that it never fills an isolate that serves others too: room for one of the largest bodies. */
const MOST_BYTES_OF_KEY = 50_000_000;
/** A key that holds no more than this is never refused for what other keys hold. Nearly every request fits in. */
const ALWAYS_BYTES = 1_000_000;

/** Longer than any request waits for its answer to begin: an invocation that was cancelled never releases its share. */
const LONGEST_HELD_MS = 15 * MINUTE_MS;

interface Share {
  keyId: string;
  bytes: number;
  /** Milliseconds since the epoch. */
  since: number;
}

const shares = new Set<Share>();

/** What one request holds. Whoever makes it sees to its release, however the request ends. */
export interface BodyHold {
  /** Whether so many bytes more may be held; if so, they are counted. */
  take(bytes: number): boolean;
  /** Gives all of it back; safe to repeat. */
  release(): void;
}

/** The hold of a body that the relay itself makes. */
export const UNCOUNTED: BodyHold = { take: () => true, release: () => undefined };

export const TOO_MUCH_HELD: Result<never, Refusal> = { ok: false, refusal: { reason: "bodies_in_flight" } };

/** The hold of one request of a key; it holds nothing yet. */
export function holdFor(keyId: string): BodyHold {
  const share: Share = { keyId, bytes: 0, since: Date.now() };
  return {
    take(bytes) {
      shares.add(share);
      const { ofAll, ofKey } = bytesHeld(keyId, Date.now());
      if (ofKey + bytes > MOST_BYTES_OF_KEY) return false;
      if (ofAll + bytes > MOST_BYTES && ofKey + bytes > ALWAYS_BYTES) return false;
      share.bytes += bytes;
      return true;
    },
    release() {
      shares.delete(share);
      share.bytes = 0;
    },
  };
}

function bytesHeld(keyId: string, now: number): { ofAll: number; ofKey: number } {
  let ofAll = 0;
  let ofKey = 0;
  for (const share of shares) {
    if (now - share.since > LONGEST_HELD_MS) shares.delete(share);
    ofAll += share.bytes;
    if (share.keyId === keyId) ofKey += share.bytes;
  }
  return { ofAll, ofKey };
}
