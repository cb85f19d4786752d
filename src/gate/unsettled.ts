/**
 * The settlements of this isolate on their way to their gates. One may wait, as long as the gate allows, for a request of
 * its key that takes it along: then both are one object request and one written row.
 *
 * A settlement is owned by exactly one invocation's `waitUntil` at each moment. While it waits that is the invocation it
 * came from, which sends it itself when its time is over; whoever takes it out before is its owner from then on, and sees
 * to it that it is stored. What lies here is plain values: no promise of one request is ever awaited by another. An isolate
 * that dies takes them with it; their leases then lapse, and are booked at their estimates.
 */
import { record } from "../events.ts";
import type { Settlement } from "./messages.ts";

interface Unsettled {
  settlement: Settlement;
  since: number;
}

const unsettled = new Map<string, Unsettled[]>();
/** What the gate said last of how long a settlement of a key may wait. */
const patience = new Map<string, number>();
/** Keys that this is remembered of; a key that is forgotten has the patience of its own admission. */
const PATIENCE_MAX = 2_000;

const TRIES = 5;
const FIRST_PAUSE_MS = 50;

/** Notes what an admission said: what was true when an earlier request of the key was admitted may not be any more. */
export function notePatience(keyId: string, settleWithinMs: number): void {
  if (patience.size >= PATIENCE_MAX) patience.clear();
  patience.set(keyId, settleWithinMs);
}

/** Books a settlement now, or within the time its admission and later ones allow. Resolves when nothing is left to do. */
export async function settleWithin(env: Env, keyId: string, settlement: Settlement, withinMs: number): Promise<void> {
  // A stored response is its key's as soon as its client has read the id.
  const waitsMs = settlement.response ? 0 : Math.min(withinMs, patience.get(keyId) ?? withinMs);
  const mine: Unsettled = { settlement, since: Date.now() };
  unsettled.set(keyId, [...(unsettled.get(keyId) ?? []), mine]);
  if (waitsMs > 0) await scheduler.wait(waitsMs);
  // Somebody else may have it by now. If not, what waits beside it goes along.
  if (unsettled.get(keyId)?.includes(mine)) await settleNow(env, keyId);
}

/** Books what waits of a key, so that its gate's figures are up to date. */
export async function settleNow(env: Env, keyId: string): Promise<void> {
  const settlements = takeUnsettled(keyId);
  if (settlements.length > 0) await send(env, keyId, settlements);
}

/** What waits of a key. The caller owns it from now on, and must see it stored. */
export function takeUnsettled(keyId: string): Settlement[] {
  const waiting = unsettled.get(keyId) ?? [];
  unsettled.delete(keyId);
  const now = Date.now();
  return waiting.map(({ settlement, since }) => ({ ...settlement, waitedMs: now - since }));
}

/** The call that books. True when it is durable, false when nobody has answered for some four seconds; never rejects. */
export async function send(env: Env, keyId: string, settlements: readonly Settlement[]): Promise<boolean> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    try {
      await env.GATE.getByName(keyId).settle(keyId, settlements);
      return true;
    } catch (error) {
      // Repeating is safe: the gate settles a lease once. A restart is over at once; other errors get time.
      const requests = settlements.map(({ leaseId }) => leaseId);
      record({ event: "settlement_failed", requests, attempt, attempts: TRIES, error });
      if (attempt < TRIES) await scheduler.wait(FIRST_PAUSE_MS * 4 ** (attempt - 1));
    }
  }
  return false;
}
