/**
 * How many bytes of request bodies this isolate holds, all requests together and by key: what does not fit is refused
 * before it is read. It counts what its callers report; it measures nothing.
 */
import { MINUTE_MS } from "../ground/durations.ts";
import type { Refusal } from "../refusal.ts";
import type { Result } from "../vocabulary.ts";

/** Of the 128 MB of an isolate; the rest is for code, streams and what the runtime copies. */
const MOST_BYTES = 72_000_000;
/** One key never fills an isolate that others are served by: it has room for one of the largest bodies. */
const MOST_BYTES_OF_KEY = 50_000_000;
/** A key with no more than this is never refused for what other keys hold: nearly every request fits in. */
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

/** For a body of the relay's own. */
export const UNCOUNTED: BodyHold = { take: () => true, release: () => undefined };

export const TOO_MUCH_HELD: Result<never, Refusal> = { ok: false, refusal: { reason: "bodies_in_flight" } };

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
