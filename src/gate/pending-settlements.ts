/**
 * The settlements of this isolate on their way to their gates. One may wait, as long as the gate allows, for a request of
 * its key that takes it along: then both are one object request and one written row.
 *
 * A settlement is owned by exactly one invocation's `waitUntil` at each moment. While it waits, that
 * is the invocation that it came from, which sends it when its time is over. An invocation that takes it before is its
 * owner from then on, and sees to it that it is stored. The map holds plain values: no request awaits a promise of another.
 * Settlements are lost with an isolate that dies; their leases then lapse, and are booked at their estimates.
 */
import { record } from "../events.ts";
import type { Settlement } from "./rpc.ts";

interface PendingSettlement {
  settlement: Settlement;
  since: number;
}

const pending = new Map<string, PendingSettlement[]>();
/** How long a settlement of a key may wait, in milliseconds: what its gate has said last. */
const settleWithin = new Map<string, number>();
/** Beyond this all are forgotten: a settlement then waits as long as its own admission has said. */
const KEYS_MAX = 2_000;

const TRIES = 5;
const FIRST_PAUSE_MS = 50;

/** Remembers what an admission said: it also holds for requests of the key that were admitted earlier. */
export function rememberSettleWithin(keyId: string, settleWithinMs: number): void {
  if (settleWithin.size >= KEYS_MAX) settleWithin.clear();
  // The one that was admitted last comes last.
  settleWithin.delete(keyId);
  settleWithin.set(keyId, settleWithinMs);
}

/** The keys whose requests this isolate has had admitted last, newest first. */
export function admittedLast(most: number): string[] {
  return [...settleWithin.keys()].reverse().slice(0, most);
}

/** Books a settlement now, or within the time that its admission and later ones allow. Resolves when it is done. */
export async function settleSoon(env: Env, keyId: string, settlement: Settlement, withinMs: number): Promise<void> {
  // A stored response is its key's as soon as its client has read the id.
  const waitsMs = settlement.response ? 0 : Math.min(withinMs, settleWithin.get(keyId) ?? withinMs);
  const mine: PendingSettlement = { settlement, since: Date.now() };
  pending.set(keyId, [...(pending.get(keyId) ?? []), mine]);
  if (waitsMs > 0) await scheduler.wait(waitsMs);
  // Another request may have taken it along. If not, it is sent with the others that wait.
  if (pending.get(keyId)?.includes(mine)) await sendPendingSettlements(env, keyId);
}

/** Books the settlements of a key that wait, so that its gate's figures are up to date. */
export async function sendPendingSettlements(env: Env, keyId: string): Promise<void> {
  const settlements = takePendingSettlements(keyId);
  if (settlements.length > 0) await sendSettlements(env, keyId, settlements);
}

/** Takes the settlements of a key that wait. The caller owns them from now on, and must see to it that they are stored. */
export function takePendingSettlements(keyId: string): Settlement[] {
  const waiting = pending.get(keyId) ?? [];
  pending.delete(keyId);
  const now = Date.now();
  return waiting.map(({ settlement, since }) => ({ ...settlement, waitedMs: now - since }));
}

/** The call that books. True when they are stored, false when the gate has not answered for some four seconds; never rejects. */
export async function sendSettlements(env: Env, keyId: string, settlements: readonly Settlement[]): Promise<boolean> {
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
