/**
 * The settlements of this isolate on their way to their gates. One may wait, as long as the gate allows, for a request of
 * its key that takes it along: then both are one object request and one written row.
 *
 * A settlement is owned by exactly one invocation's `waitUntil` at each moment. While it waits, that is the one that
 * keeps watch for its key: those that end meanwhile are over at once, with all that they hold and without a timer of their own, and
 * it sends what is due. An invocation that takes settlements along before is their owner from then on, and sees to it that
 * they are stored. The maps hold plain values: no request awaits a promise of another.
 * Settlements are lost with an isolate that dies; their leases then lapse, and are booked at their estimates.
 */
import { record } from "../events.ts";
import type { Settlement } from "./rpc.ts";

interface PendingSettlement {
  settlement: Settlement;
  since: number;
  dueAt: number;
}

/** An invocation that sees to the settlements of a key until `endsAt`; one whose time to look has passed unused is not alive any more. */
interface Watch {
  looksAt: number;
  endsAt: number;
}

const pending = new Map<string, PendingSettlement[]>();
const watches = new Map<string, Watch>();
/** How long a settlement of a key may wait, in milliseconds: what its gate has said last. */
const settleWithin = new Map<string, number>();
/** Beyond this all are forgotten: a settlement then waits as long as its own admission has said. */
const KEYS_MAX = 2_000;

/** What is left in `waitUntil` has 30 seconds from the end of its response, and a call to the gate may be repeated for four. */
const LONGEST_WATCH_MS = 20_000;

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

/**
 * Books a settlement now, or within the time that its admission and later ones allow. Resolves when it is done, or where another
 * invocation sees to it.
 */
export async function settleSoon(env: Env, keyId: string, settlement: Settlement, withinMs: number): Promise<void> {
  // A stored response is its key's as soon as its client has read the id.
  const waitsMs = settlement.response ? 0 : Math.min(withinMs, settleWithin.get(keyId) ?? withinMs);
  const now = Date.now();
  const dueAt = now + waitsMs;
  pending.set(keyId, [...(pending.get(keyId) ?? []), { settlement, since: now, dueAt }]);
  if (waitsMs > 0) {
    const watching = watches.get(keyId);
    if (watching && watching.looksAt > now && watching.looksAt <= dueAt && dueAt <= watching.endsAt) return;
    if (!(await watch(keyId))) return;
  }
  await sendPendingSettlements(env, keyId);
}

/**
 * Sees to the settlements of the key as long as any wait, in place of the invocation that did. True when they are to be sent, false
 * when all have been taken along, or another has taken over.
 */
async function watch(keyId: string): Promise<boolean> {
  if (watches.size >= KEYS_MAX) watches.clear();
  const mine: Watch = { looksAt: firstDueAt(keyId), endsAt: Date.now() + LONGEST_WATCH_MS };
  watches.set(keyId, mine);
  for (;;) {
    await scheduler.wait(Math.max(0, mine.looksAt - Date.now()));
    const now = Date.now();
    const current = watches.get(keyId);
    if (current && current !== mine && current.looksAt > now) return false;
    const dueAt = firstDueAt(keyId);
    if (dueAt > now && dueAt <= mine.endsAt) {
      mine.looksAt = dueAt;
      watches.set(keyId, mine);
      continue;
    }
    if (current === mine) watches.delete(keyId);
    return Number.isFinite(dueAt);
  }
}

/** When the first of the key's settlements has waited long enough, milliseconds since the epoch; infinity where none waits. */
function firstDueAt(keyId: string): number {
  return Math.min(...(pending.get(keyId) ?? []).map((waiting) => waiting.dueAt));
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
