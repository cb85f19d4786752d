/**
 * What is booked and not yet in D1. The newest entries are part of the gate's state. While D1 does not take them, the
 * oldest move to pages, which are values of their own, so that an entry costs the same however many wait before it. Nothing
 * here ever loads more than one page.
 *
 * An entry that D1 refuses because of what is in it is set aside in a value of its own: kept, counted and named in the log,
 * and out of the way of those behind it. The entry counts as the cause only if SQLite says so, and while D1 takes others.
 */
import { record } from "../events.ts";
import { MINUTE_MS } from "../ground/durations.ts";
import type { Entry } from "../store/entry.ts";
import { rowsWritten, takesWrites, writable, writeLedger } from "./ledger.ts";
import { countUse, type Meter, NO_USE } from "./meter.ts";
import { truncated } from "./truncate.ts";

/** The part of the gate's state that is the outbox. */
export interface OutboxState {
  pending: Entry[];
  /** How many entries were ever put here; pages are named by it. */
  seq: number;
  /** How many wait in pages. */
  paged: number;
  /** How many D1 has refused, and are set aside. */
  quarantined: number;
  /** How many flushes have failed in a row, and when the next may be tried (milliseconds since the epoch). */
  failures: number;
  retryAt: number;
  meter: Meter;
}

export const EMPTY_OUTBOX: OutboxState = {
  pending: [],
  seq: 0,
  paged: 0,
  quarantined: 0,
  failures: 0,
  retryAt: 0,
  meter: NO_USE,
};

/** What a flush works with. */
export interface Outbox {
  keyId: string;
  db: D1Database;
  kv: SyncKvStorage;
  state: OutboxState;
  /** Stores the state. */
  save: () => void;
  /** Statements for the transaction of the first entries that D1 takes; if there are no entries, for one of their own. */
  along: readonly D1PreparedStatement[];
}

/** How far one flush has come. */
interface Round {
  /** How many entries D1 has taken. */
  taken: number;
  along: readonly D1PreparedStatement[];
}

export const PAGE = "page/";
export const QUARANTINE = "quarantine/";
/** Entries of some 700 bytes: the state stays small, and a page is far from the 2 MB that a value may have. */
const PAGE_ENTRIES = 64;
/** Each page takes three queries; the free plan allows 50 to an invocation. */
const PAGES_PER_FLUSH = 10;
/** SQLite's words for faults of values. Any other failure (a lost connection, an overload) passes with time. */
const REFUSED = /SQLITE_(?:CONSTRAINT|TOOBIG|MISMATCH|ERROR)/;
/** How many writes one search for a refused entry may take: enough to find one in a page. */
const SIFT_WRITES = 14;
const RETRY_FIRST_MS = 5_000;
const RETRY_MAX_MS = 15 * MINUTE_MS;

/** Adds an entry; an entry of the same request that still says `lost` makes way. True: the state must be stored at once. */
export function put(kv: SyncKvStorage, state: OutboxState, entry: Entry): boolean {
  const others = state.pending.filter(({ id }) => id !== entry.id);
  const full = others.length >= PAGE_ENTRIES;
  if (full) {
    kv.put(`${PAGE}${String(state.seq).padStart(15, "0")}`, others);
    state.paged += others.length;
  }
  state.seq++;
  state.pending = [...(full ? [] : others), truncated(entry)];
  return full;
}

export function waitingIn(state: OutboxState): number {
  return state.pending.length + state.paged;
}

/** A flush this large pays for its own overhead. */
const LARGE_FLUSH = 32;

export function isLarge(state: OutboxState): boolean {
  return state.pending.length >= LARGE_FLUSH;
}

/** Counts a failed flush. Returns when the next may be tried, in milliseconds since the epoch. */
export function backOff(state: OutboxState, now: number): number {
  state.retryAt = now + Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(state.failures, 16));
  state.failures++;
  return state.retryAt;
}

/** Logs that D1 has not taken a flush. */
export function failed(keyId: string, { failures, retryAt }: OutboxState, error: unknown): void {
  const next_try = new Date(retryAt).toISOString();
  record({ event: "ledger_flush_failed", key: keyId, failures, next_try, error });
}

/** Logs the first flush that D1 has taken again, and ends the count of failures. */
export function succeeded(keyId: string, state: OutboxState): void {
  if (state.failures > 0) record({ event: "ledger_flushed_again", key: keyId });
  state.failures = 0;
}

/**
 * Writes to D1 what waits: the newest entries, then up to ten pages, oldest first. Everything in the state must be stored already,
 * so that nothing is sent that a crash could forget. Throws if D1 does not take something. False: pages are left.
 */
export async function writeOut(outbox: Outbox): Promise<boolean> {
  const { state, kv } = outbox;
  const round: Round = { taken: 0, along: outbox.along };
  const newest = state.pending;
  let { left, failure } = await deliver(outbox, newest, round);
  // Requests go on settling while D1 writes, so entries are compared by identity.
  const kept = new Set(left);
  const gone = new Set(newest.filter((entry) => !kept.has(entry)));
  state.pending = state.pending.filter((entry) => !gone.has(entry));
  for (let count = 0; count < PAGES_PER_FLUSH && (failure === null || round.taken > 0); count++) {
    // Looking for a page costs more than booking a request. The count is as true: it is stored together with the page.
    if (state.paged === 0) break;
    const [page] = kv.list<Entry[]>({ prefix: PAGE, limit: 1 });
    if (!page) break;
    const [name, stored] = page;
    const entries = stored.map(truncated);
    const written = await deliver(outbox, entries, round);
    ({ left } = written);
    state.paged = Math.max(0, state.paged - (entries.length - left.length));
    if (left.length > 0) kv.put(name, left);
    else kv.delete(name);
    outbox.save();
    failure ??= written.failure;
    if (left.length > 0) break;
  }
  if (failure !== null) throw failure;
  if (round.along.length > 0) countWritten(outbox, rowsWritten(await outbox.db.batch([...round.along])));
  return state.paged === 0;
}

interface Delivery {
  /** The entries that D1 did not take and that are not set aside: they are tried again another time. */
  left: Entry[];
  /** Why, or null. */
  failure: unknown;
}

async function deliver(outbox: Outbox, entries: readonly Entry[], round: Round): Promise<Delivery> {
  const left: Entry[] = [];
  let failure: unknown = null;
  for (const group of writable(entries)) {
    if (failure !== null && round.taken === 0) {
      left.push(...group);
      continue;
    }
    try {
      countWritten(outbox, await writeLedger(outbox.db, outbox.keyId, group, round.along));
      round.taken += group.length;
      round.along = [];
    } catch (error) {
      const rest = (await takesWrites(outbox.db)) ? await sift(outbox, group, round) : group;
      left.push(...rest);
      if (rest.length > 0) failure = error;
    }
  }
  return { left, failure };
}

/**
 * Writes by halves what D1 takes of a group that it refused as a whole, and sets aside the entries that it refuses when they come alone.
 * Returns those that are left.
 */
async function sift(outbox: Outbox, refused: Entry[], round: Round): Promise<Entry[]> {
  const groups = halves(refused);
  const alone: { entry: Entry; error: unknown }[] = [];
  const left: Entry[] = [];
  for (let writes = 0; writes < SIFT_WRITES; writes++) {
    const group = groups.shift();
    if (!group) break;
    try {
      countWritten(outbox, await writeLedger(outbox.db, outbox.keyId, group));
      round.taken += group.length;
    } catch (error) {
      const [entry] = group;
      if (group.length > 1) groups.unshift(...halves(group));
      else if (entry && REFUSED.test(String(error))) alone.push({ entry, error });
      else left.push(...group);
    }
  }
  // D1 may have gone away in between, or may take none at all because a migration is missing.
  left.push(...groups.flat());
  const atFault = alone.length > 0 && round.taken > 0 && (await takesWrites(outbox.db));
  if (!atFault) return [...alone.map(({ entry }) => entry), ...left];
  for (const { entry, error } of alone) setAside(outbox, entry, error);
  outbox.save();
  return left;
}

function countWritten({ state }: Outbox, rows: number): void {
  countUse(state.meter, "d1Rows", rows, Date.now());
}

function setAside({ keyId, kv, state }: Outbox, entry: Entry, error: unknown): void {
  kv.put(`${QUARANTINE}${entry.id}`, entry);
  state.quarantined++;
  record({ event: "ledger_entry_refused", key: keyId, request: entry.id, error });
}

function halves(group: Entry[]): Entry[][] {
  if (group.length <= 1) return [group];
  const middle = Math.ceil(group.length / 2);
  return [group.slice(0, middle), group.slice(middle)];
}
