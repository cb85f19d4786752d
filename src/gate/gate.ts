/**
 * The object of one API key: the only writer of its limits, leases and unflushed ledger, so limits hold exactly and
 * a revocation takes effect on the next request. Decisions are made in `limits.ts` and `rules.ts`; this file owns
 * time, storage and the way to D1.
 *
 * Storage is one value for the whole state, since every write of a value is a billed row: one for the admission
 * (soon, and unconfirmed: a lease lost in a crash is harmless) and one for the settlement (at once, and confirmed).
 */
import { DurableObject } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Refusal } from "../refusal.ts";
import { apiKeys } from "../store/schema.ts";
import type { Result } from "../vocabulary.ts";
import { lastWritten, type NumberedEntry, writeLedger } from "./ledger.ts";
import * as limits from "./limits.ts";
import type { Admission, AdmitAsk, Report, Settlement } from "./messages.ts";
import { type KeyPolicy, OPEN_POLICY } from "./policy.ts";
import { accountOfResponse, rememberResponse } from "./responses.ts";
import { permitted, ruleRefusal } from "./rules.ts";
import { accountOfSession, renewSession, type Session } from "./sessions.ts";
import { Waiting } from "./waiting.ts";

interface GateState {
  /** Null: deleted, or never known. */
  policy: KeyPolicy | null;
  policyVersion: number;
  limits: limits.LimitState;
  /** Number of the last entry booked. */
  seq: number;
  pending: NumberedEntry[];
  sessions: Session[];
  /** Stored responses of this key and the accounts that have them, newest last (responses.ts). */
  responses: string;
  /** Corrections already applied, newest last. */
  corrections: string[];
  /** When the alarm will ring; in the past: not set. */
  alarmAt: number;
}

const NEW_STATE: GateState = {
  policy: null,
  policyVersion: 0,
  limits: limits.NEW_STATE,
  seq: 0,
  pending: [],
  sessions: [],
  responses: "",
  corrections: [],
  alarmAt: 0,
};

const STATE = "state";
const PAGE = "page/";

/** How long a booked request may wait for others to share its trip to D1. Each alarm is a billed request and row. */
const FLUSH_DELAY_MS = 60_000;
/** A flush this large pays for its own overhead: two rows beyond the log's own. */
const FLUSH_ENTRIES = 32;
/** While D1 does not answer, the oldest entries move to values of their own, so that the state stays small. */
const PAGE_ENTRIES = 256;
/** How long an admission may stay in memory only. Admissions and settlements in this time share one written row. */
const SAVE_DELAY_MS = 200;
/** How long a settlement waits for others beside requests under way. Nobody waits for it: the answer is out. */
const SHARED_SAVE_MS = 8;
/** A state this stale is written after a flush even when nobody asks; below it the next request's write does it. */
const STALE_ENTRIES = 8;
/** A key without a row in D1 is not looked for again within this time. */
const UNKNOWN_FOR_MS = 5_000;
/** Requests that were cancelled before they arrived: they are some milliseconds behind. */
const CANCELLED_MAX = 256;
/** Corrections remembered, so that a repeated one is known. */
const CORRECTIONS_MAX = 64;
const RETRY_FIRST_MS = 5_000;
const RETRY_MAX_MS = 15 * 60_000;

export class KeyGate extends DurableObject<Env> {
  #state: GateState | undefined;
  #loading: Promise<GateState> | undefined;
  #unknownUntil = 0;
  #saveTimer: ReturnType<typeof setTimeout> | undefined;
  #shared: Promise<void> | undefined;
  #flushing: Promise<void> | undefined;
  #flushFailures = 0;
  readonly #waiting = new Waiting();
  readonly #cancelled = new Set<string>();

  /**
   * Books the settlements that ride along, then grants a lease, or says why not. A grant must be settled by whoever
   * asked; it lapses after 15 minutes.
   */
  async admit(keyId: string, ask: AdmitAsk): Promise<Result<Admission, Refusal>> {
    if (ask.settlements.length > 0) await this.settle(keyId, ask.settlements);
    const state = await this.#load(keyId);
    if (this.#cancelled.delete(ask.leaseId)) return { ok: false, refusal: { reason: "cancelled" } };
    const first = this.#tryAdmit(state, ask);
    if (first.ok || first.refusal.reason !== "concurrency" || !state.policy) return first;
    const { queueSize, queueTimeoutMs } = state.policy;
    const granted = await this.#waiting.wait(ask.leaseId, queueSize, queueTimeoutMs, () => {
      const again = this.#tryAdmit(state, ask);
      return again.ok || again.refusal.reason !== "concurrency" ? again : null;
    });
    return granted ?? first;
  }

  /** Frees leases and books their requests. Safe to repeat: a lease is settled once, later calls change nothing. */
  async settle(keyId: string, settlements: readonly Settlement[]): Promise<void> {
    const state = await this.#load(keyId);
    const now = Date.now();
    const booked = settlements.filter((settlement) => this.#book(state, settlement, now));
    if (booked.length === 0) return;
    if (state.pending.length >= PAGE_ENTRIES) this.#page(state);
    this.#alarmBy(state, now + FLUSH_DELAY_MS);
    this.#waiting.wake();
    await this.#saved(state);
    if (state.pending.length >= FLUSH_ENTRIES) this.ctx.waitUntil(this.#flushQuietly(keyId, state));
  }

  /** Keeps a lease whose stream lives for another 15 minutes, or for `ttlMs`. False: it is not held here any more. */
  async renew(keyId: string, leaseId: string, ttlMs = limits.LEASE_TTL_MS): Promise<boolean> {
    const state = await this.#load(keyId);
    const renewed = limits.renew(state.limits, leaseId, Date.now() + ttlMs);
    if (!renewed) return false;
    state.limits = renewed;
    this.#saveSoon(state);
    return true;
  }

  /**
   * Takes back what was asked under this lease id, wherever it has got to: a lease is freed as if it had not been asked
   * for, a request that waits for one leaves the queue, and one that is still on its way here is refused.
   */
  async cancel(keyId: string, leaseId: string): Promise<void> {
    const state = await this.#load(keyId);
    const freed = limits.release(state.limits, leaseId);
    if (freed !== state.limits) {
      state.limits = freed;
      this.#saveSoon(state);
      this.#waiting.wake();
    } else if (!this.#waiting.leave(leaseId)) {
      this.#cancelled.add(leaseId);
      for (const oldest of this.#cancelled) {
        if (this.#cancelled.size <= CANCELLED_MAX) break;
        this.#cancelled.delete(oldest);
      }
    }
  }

  /**
   * Replaces the key's policy; null deletes the key. What is booked already stays booked. `version` is the row's
   * `updated_at`: of two changes that overtake each other on their way here, the later one stays.
   */
  async setPolicy(keyId: string, policy: KeyPolicy | null, version: number): Promise<void> {
    const state = this.#stored() ?? (await this.#newState(keyId));
    if (version < state.policyVersion) return;
    state.policy = policy;
    state.policyVersion = version;
    this.#state = state;
    this.#unknownUntil = 0;
    this.#save(state);
    this.#waiting.wake();
  }

  /**
   * Adds to what the key has spent in total, for requests that were priced after they were booked. Safe to repeat
   * under the same `correctionId`. Days and weeks are left alone: their limits were for then.
   */
  async correct(keyId: string, correctionId: string, nanos: number): Promise<void> {
    const state = await this.#load(keyId);
    if (state.corrections.includes(correctionId)) return;
    state.corrections = [...state.corrections, correctionId].slice(-CORRECTIONS_MAX);
    const { totals } = state.limits;
    state.limits = { ...state.limits, totals: { ...totals, costNanos: totals.costNanos + nanos } };
    this.#save(state);
  }

  /** Live figures, fresher than D1; null for an unknown or deleted key. */
  async report(keyId: string): Promise<Report | null> {
    const state = await this.#load(keyId);
    const { policy } = state;
    if (!policy) return null;
    const rolled = limits.roll(state.limits, policy, Date.now(), this.#offsetHours());
    const unflushed = state.pending.length + this.#pages().reduce((total, [, page]) => total + page.length, 0);
    return { ...rolled, policy, expiresAt: limits.expiryOf(rolled, policy), unflushed };
  }

  /** Writes everything booked to D1. Throws when D1 does not take it; the alarm goes on trying. */
  async flush(): Promise<void> {
    const keyId = this.#keyId();
    await this.#flush(keyId, await this.#load(keyId));
  }

  override async alarm(): Promise<void> {
    const keyId = this.#keyId();
    const state = await this.#load(keyId);
    state.alarmAt = 0;
    await this.#flushQuietly(keyId, state);
  }

  /** False: it was booked before. */
  #book(state: GateState, { leaseId, entry, session, response }: Settlement, now: number): boolean {
    const policy = state.policy ?? OPEN_POLICY;
    const settled = limits.settle(state.limits, policy, leaseId, entry, now, this.#offsetHours());
    if (!settled) return false;
    state.limits = settled;
    if (session && entry.accountId) state.sessions = renewSession(state.sessions, session, entry.accountId, now);
    if (response && entry.accountId) {
      state.responses = rememberResponse(state.responses, response.id, entry.accountId);
    }
    state.seq++;
    state.pending.push({ ...entry, seq: state.seq });
    return true;
  }

  #tryAdmit(state: GateState, ask: AdmitAsk): Result<Admission, Refusal> {
    const { policy } = state;
    if (!policy) return { ok: false, refusal: { reason: "key_unknown" } };
    const now = Date.now();
    const refusal = ruleRefusal(policy, ask) ?? limits.expiryRefusal(state.limits, policy, now);
    if (refusal) return { ok: false, refusal };
    if (ask.takesLease) {
      // What is reserved is what this key would pay.
      const worstNanos = Math.ceil((ask.worstNanos * policy.costMultiplierMilli) / 1000);
      const admitted = limits.admit(state.limits, policy, { ...ask, worstNanos }, now, this.#offsetHours());
      if (!admitted.ok) return admitted;
      state.limits = admitted.value.state;
      this.#saveSoon(state);
    }
    const { boundAccountId, boundGroupId, costMultiplierMilli, allowedModels, deniedModels } = policy;
    const stickyAccountId = accountOfSession(state.sessions, ask.session, now);
    const platforms = permitted(policy, ask.platforms);
    return {
      ok: true,
      value: {
        platforms,
        boundAccountId,
        boundGroupId,
        costMultiplierMilli,
        stickyAccountId,
        allowedModels,
        deniedModels,
        responseAccountId: accountOfResponse(state.responses, ask.responseId),
        grant: 0,
        settleWithinMs: 0,
        allowances: limits.allowancesOf(state.limits, policy, now, this.#offsetHours()),
      },
    };
  }

  async #load(keyId: string): Promise<GateState> {
    if (this.#state && (this.#state.policy || Date.now() < this.#unknownUntil)) return this.#state;
    this.#loading ??= this.#read(keyId).finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** From the object's own storage, or for a key that was never used here, from D1. */
  async #read(keyId: string): Promise<GateState> {
    const stored = this.#state ?? this.#stored();
    const state = stored ?? (await this.#newState(keyId));
    if (!state.policy) {
      const db = drizzle(this.env.DB);
      const [row] = await db.select().from(apiKeys).where(eq(apiKeys.id, keyId));
      state.policy = row && row.deletedAt === null ? row.policy : null;
      state.policyVersion = row?.updatedAt ?? 0;
      if (!state.policy) this.#unknownUntil = Date.now() + UNKNOWN_FOR_MS;
    }
    this.#state = state;
    return state;
  }

  /** What an older version stored may lack what was added since. */
  #stored(): GateState | undefined {
    const stored = this.#state ?? this.ctx.storage.kv.get<GateState>(STATE);
    return stored && (stored === this.#state ? stored : { ...NEW_STATE, ...stored });
  }

  /** Numbering goes on where D1 stands: an object that lost its storage must not book below the mark. */
  async #newState(keyId: string): Promise<GateState> {
    const seq = await lastWritten(this.env.DB, keyId);
    return { ...NEW_STATE, seq, pending: [] };
  }

  #save(state: GateState): void {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = undefined;
    this.ctx.storage.kv.put(STATE, state);
  }

  /**
   * Resolves when the state is stored. Beside requests that are still under way it waits for a moment, so that the
   * settlements of that moment share one write: a write costs more than all the rest of a settlement.
   */
  async #saved(state: GateState): Promise<void> {
    if (state.limits.leases.length === 0) return this.#save(state);
    this.#shared ??= scheduler.wait(SHARED_SAVE_MS).then(() => {
      this.#shared = undefined;
      this.#save(state);
    });
    await this.#shared;
  }

  #saveSoon(state: GateState): void {
    this.#saveTimer ??= setTimeout(() => {
      this.#saveTimer = undefined;
      void this.ctx.storage.put(STATE, state, { allowUnconfirmed: true });
    }, SAVE_DELAY_MS);
  }

  #alarmBy(state: GateState, at: number): void {
    if (state.alarmAt > Date.now() && state.alarmAt <= at) return;
    state.alarmAt = at;
    void this.ctx.storage.setAlarm(at);
  }

  #page(state: GateState): void {
    const [first] = state.pending;
    if (!first) return;
    this.ctx.storage.kv.put(`${PAGE}${String(first.seq).padStart(15, "0")}`, state.pending);
    state.pending = [];
  }

  #pages(): [string, NumberedEntry[]][] {
    return [...this.ctx.storage.kv.list<NumberedEntry[]>({ prefix: PAGE })];
  }

  async #flushQuietly(keyId: string, state: GateState): Promise<void> {
    try {
      await this.#flush(keyId, state);
      this.#flushFailures = 0;
    } catch (error) {
      // An alarm that throws is retried six times and then forgotten; ours goes on until D1 is back.
      const wait = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.#flushFailures++);
      console.warn(`ledger flush failed, next try in ${wait / 1000} s: ${String(error)}`);
      state.alarmAt = 0;
      this.#alarmBy(state, Date.now() + wait);
    }
  }

  #flush(keyId: string, state: GateState): Promise<void> {
    this.#flushing ??= this.#writeOut(keyId, state).finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  /** Oldest first: D1 skips whatever is numbered at or below its mark, so an entry overtaken would be lost. */
  async #writeOut(keyId: string, state: GateState): Promise<void> {
    for (let page = this.#pages()[0]; page; page = this.#pages()[0]) {
      const [name, entries] = page;
      await writeLedger(this.env.DB, keyId, entries);
      this.ctx.storage.kv.delete(name);
    }
    // A copy: requests go on settling while D1 writes.
    const entries = [...state.pending];
    const last = entries.at(-1);
    if (!last) return;
    await writeLedger(this.env.DB, keyId, entries);
    state.pending = state.pending.filter((entry) => entry.seq > last.seq);
    if (entries.length >= STALE_ENTRIES) this.#save(state);
  }

  /** Objects are made by name, and the name is the key's id. */
  #keyId(): string {
    const { name } = this.ctx.id;
    if (!name) throw new Error("A gate must be addressed by its key's id");
    return name;
  }

  #offsetHours(): number {
    return Number(this.env.TIMEZONE_OFFSET) || 0;
  }
}
