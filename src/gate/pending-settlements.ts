/**
 * The settlements of this isolate on their way to their gates. A settlement may wait, as long as the gate allows, for a request of
 * its key that takes it along: then both are one object request and one written row.
 *
 * At each moment exactly one invocation owns a settlement, in its `waitUntil`. While a settlement waits, that is the invocation that
 * keeps watch for its key, and sends what is due. The other invocations of the key end at once: they hold nothing and need no timer. A
 * request that takes settlements along owns them from then on, and must see to it that they are stored. The maps hold plain values: no
 * request awaits a promise of another. If the isolate dies, its settlements are lost; their leases then lapse, and are booked at
 * their estimates.
 */
import { record } from "../events.ts";
import { LEASE_TTL_MS } from "../ground/durations.ts";
import type { Settlement } from "./rpc.ts";

interface PendingSettlement {
  settlement: Settlement;
  since: number;
  dueAt: number;
}

/** The watch that an invocation keeps for a key. */
interface Watch {
  /** When it looks next, milliseconds since the epoch. If that has passed, the invocation is not alive any more. */
  looksAt: number;
  /** When the invocation can no longer keep it, milliseconds since the epoch. */
  endsAt: number;
}

const pending = new Map<string, PendingSettlement[]>();
const watches = new Map<string, Watch>();
/** How long a settlement of a key may wait, in milliseconds, as its gate said last. */
const settleWithin = new Map<string, number>();
/** Beyond this many keys all are forgotten; a settlement then waits as long as its own admission said. */
const KEYS_MAX = 2_000;

/** `waitUntil` ends 30 seconds after the response has ended, and a call to the gate may be repeated for four. */
const LONGEST_WATCH_MS = 20_000;

const TRIES = 5;
const FIRST_PAUSE_MS = 50;

/** Remembers what an admission said. It also holds for requests of the key that were admitted earlier. */
export function rememberSettleWithin(keyId: string, settleWithinMs: number): void {
  if (settleWithin.size >= KEYS_MAX) settleWithin.clear();
  // Deleted first, so that the key that was admitted last comes last.
  settleWithin.delete(keyId);
  settleWithin.set(keyId, settleWithinMs);
}

/** The keys of the requests that were admitted last in this isolate, newest first; `most` of them. */
export function admittedLast(most: number): string[] {
  return [...settleWithin.keys()].reverse().slice(0, most);
}

/**
 * Books a settlement now, or within the time that its admission and later ones allow. Resolves when it is booked, or as soon as another
 * invocation sees to it.
 */
export async function settleSoon(env: Env, keyId: string, settlement: Settlement, withinMs: number): Promise<void> {
  // The client may use a stored response as soon as it has read the id, so the gate must know of it at once.
  const waitsMs = settlement.response ? 0 : Math.min(withinMs, settleWithin.get(keyId) ?? withinMs);
  const now = Date.now();
  const dueAt = now + waitsMs;
  pending.set(keyId, [...(pending.get(keyId) ?? []), { settlement, since: now, dueAt }]);
  const { looksAt = 0, endsAt = 0 } = watches.get(keyId) ?? {};
  if (looksAt > now && looksAt <= dueAt && dueAt <= endsAt) return;
  if (await watch(keyId)) await sendPendingSettlements(env, keyId);
}

/**
 * Keeps watch for a key, in place of the invocation that did, until a settlement is due. True: the caller must send all that wait. False:
 * requests of the key have taken them along, or another invocation has taken over.
 */
async function watch(keyId: string): Promise<boolean> {
  if (watches.size >= KEYS_MAX) watches.clear();
  const mine: Watch = { looksAt: 0, endsAt: Date.now() + LONGEST_WATCH_MS };
  for (;;) {
    // Infinity: nothing waits, or only what the gate did not take before.
    mine.looksAt = Math.min(...(pending.get(keyId) ?? []).map(({ dueAt }) => dueAt));
    const waitsMs = mine.looksAt - Date.now();
    if (waitsMs <= 0 || mine.looksAt > mine.endsAt) break;
    watches.set(keyId, mine);
    await scheduler.wait(waitsMs);
    // Whoever has taken over looks as soon as this invocation would have.
    if ((watches.get(keyId) ?? mine) !== mine) return false;
  }
  if (watches.get(keyId) === mine) watches.delete(keyId);
  return mine.looksAt < Number.POSITIVE_INFINITY;
}

/** Sends the settlements of a key that wait, so that its gate's figures are up to date. */
export async function sendPendingSettlements(env: Env, keyId: string): Promise<void> {
  const settlements = takePendingSettlements(keyId);
  if (settlements.length > 0) await sendSettlements(env, keyId, settlements);
}

/** Takes the settlements of a key that wait. From now on the caller owns them, and must see to it that they are stored. */
export function takePendingSettlements(keyId: string): Settlement[] {
  const waiting = pending.get(keyId) ?? [];
  pending.delete(keyId);
  const now = Date.now();
  return waiting.map(({ settlement, since }) => ({ ...settlement, waitedMs: now - since }));
}

/**
 * Has the gate book settlements. True: they are stored. False: the gate did not answer for some four seconds; then they wait for the next
 * request of the key, until their leases have lapsed. Never rejects.
 */
export async function sendSettlements(env: Env, keyId: string, settlements: readonly Settlement[]): Promise<boolean> {
  const now = Date.now();
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    try {
      await env.GATE.getByName(keyId).settle(keyId, settlements);
      return true;
    } catch (error) {
      // Repeating is safe: the gate settles a lease once. A restart is over at once; other errors need time.
      const requests = settlements.map(({ leaseId }) => leaseId);
      record({ event: "settlement_failed", requests, attempt, attempts: TRIES, error });
      if (attempt < TRIES) await scheduler.wait(FIRST_PAUSE_MS * 4 ** (attempt - 1));
    }
  }
  const kept = settlements.flatMap((settlement) => {
    const { waitedMs = 0 } = settlement;
    return waitedMs < LEASE_TTL_MS ? [{ settlement, since: now - waitedMs, dueAt: Number.POSITIVE_INFINITY }] : [];
  });
  pending.set(keyId, [...kept, ...(pending.get(keyId) ?? [])]);
  return false;
}
