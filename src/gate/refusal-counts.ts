/**
 * Counts refusals, by hour and reason, on their way to D1: never a row or a write for each. Whoever refuses counts. A gate counts what
 * it refuses itself. What is refused before the gate is asked is counted in the isolate's memory, and goes along with the next request
 * of that key; refusals without a genuine key go along with the next request of any key. They are counters and no books: if an
 * isolate or an object dies, what it counted lately is lost.
 */
import { HOUR_MS } from "../ground/durations.ts";
import type { Refusal } from "../refusal.ts";

type Reason = Refusal["reason"];

/** Hour since the epoch → reason → how often. */
export type RefusalCounts = Record<string, Partial<Record<Reason, number>>>;

/** The reasons of refusals where it is not known whose request it was. */
export const STRANGERS = ["key_missing", "key_invalid", "keys_disagree"] as const satisfies Reason[];

/** Reasons that no client is told: the Worker asks again, or the client has left. */
const UNSAID: readonly Reason[] = ["aliases_differ", "cancelled"];

/** How many hours a gate keeps while D1 is away. The number of reasons is that in the code. */
const HOURS_MAX = 24;
/** Only keys that were really issued are in it, so nobody can fill it. */
const KEYS_MAX = 1_000;

/** Counts one refusal. `now` in milliseconds since the epoch. False: no client is told this reason, so it is not counted. */
export function addRefusal(counts: RefusalCounts, reason: Reason, now: number): boolean {
  if (UNSAID.includes(reason)) return false;
  add(counts, String(Math.floor(now / HOUR_MS)), reason, 1);
  return true;
}

export function addRefusals(counts: RefusalCounts, more: RefusalCounts): void {
  for (const [hour, reasons] of Object.entries(more)) {
    for (const [reason, count] of Object.entries(reasons)) add(counts, hour, reason as Reason, count);
  }
  const hours = Object.keys(counts).sort();
  for (const hour of hours.slice(0, -HOURS_MAX)) delete counts[hour];
}

function add(counts: RefusalCounts, hour: string, reason: Reason, count: number): void {
  const ofHour = counts[hour] ?? {};
  ofHour[reason] = (ofHour[reason] ?? 0) + count;
  counts[hour] = ofHour;
}

/** Forgets the hours that are over. */
export function forgetPast(counts: RefusalCounts, now: number): void {
  for (const hour of Object.keys(counts)) if (Number(hour) < Math.floor(now / HOUR_MS)) delete counts[hour];
}

const ofKeys = new Map<string, RefusalCounts>();
let ofStrangers: RefusalCounts = {};

/** Counts, in this isolate's memory, a refusal that no gate was asked about. `keyId` null: it is not known whose request it was. */
export function countRefusal(keyId: string | null, reason: Reason, now: number): void {
  if (keyId === null) {
    addRefusal(ofStrangers, reason, now);
    return;
  }
  const counts = ofKeys.get(keyId) ?? {};
  if (!addRefusal(counts, reason, now)) return;
  if (ofKeys.size >= KEYS_MAX && !ofKeys.has(keyId)) ofKeys.clear();
  ofKeys.set(keyId, counts);
}

/** What a call of this key's gate takes along: the refusals counted for the key, and those without a key. Undefined: none. */
export function takeRefusals(keyId: string): RefusalCounts | undefined {
  const counts = ofKeys.get(keyId);
  const strangers = takeStrangers();
  if (!counts) return strangers;
  ofKeys.delete(keyId);
  if (strangers) addRefusals(counts, strangers);
  return counts;
}

export function takeStrangers(): RefusalCounts | undefined {
  if (Object.keys(ofStrangers).length === 0) return undefined;
  const taken = ofStrangers;
  ofStrangers = {};
  return taken;
}

const INSERT = `INSERT INTO refusals_hourly (hour, key_id, reason, count)
  SELECT CAST(hour.key AS INTEGER), ?1, reason.key, reason.value FROM json_each(?2) AS hour, json_each(hour.value) AS reason
  WHERE true ON CONFLICT DO UPDATE SET count =`;

/** Only the gate counts for its key, and it writes totals: so its writes may be repeated. */
export function writeRefusals(db: D1Database, keyId: string, counts: RefusalCounts): D1PreparedStatement {
  return db.prepare(`${INSERT} max(count, excluded.count)`).bind(keyId, JSON.stringify(counts));
}

/** For refusals without a key there is no gate: several isolates count, so each adds what it has. Must not be repeated. */
export function writeStrangers(db: D1Database, counts: RefusalCounts): D1PreparedStatement {
  return db.prepare(`${INSERT} count + excluded.count`).bind("", JSON.stringify(counts));
}
