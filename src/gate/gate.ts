/**
 * The Durable Object of one API key. It is the only writer of the key's limits, leases and unflushed ledger, so limits hold exactly
 * and a revocation takes effect on the next request. `admission.ts` and `leases.ts` decide; this file owns time, `store.ts` the
 * object's storage, `outbox.ts` the way to D1.
 *
 * An admission is stored soon and unconfirmed (a lease lost in a crash is harmless), a settlement before it is answered.
 * Settlements that come with a request for a lease are stored together with the lease, and the Worker is told when that is done.
 * Nothing is sent to D1 before it is stored here.
 */
import { DurableObject } from "cloudflare:workers";
import { record } from "../events.ts";
import type { Clock } from "../ground/calendar.ts";
import { HOUR_MS, LEASE_TTL_MS } from "../ground/durations.ts";
import type { KeyPolicy } from "../keys/policy.ts";
import type { Refusal } from "../refusal.ts";
import type { Correction } from "../store/corrections.ts";
import type { Entry } from "../store/entry.ts";
import type { Result } from "../vocabulary.ts";
import { decide, explain } from "./admission.ts";
import { Along } from "./along.ts";
import { correct, withCorrection } from "./corrections.ts";
import { FLUSH_DELAY_MS, NEXT_PORTION_MS, REFUSALS_DELAY_MS } from "./flush-times.ts";
import { type HolderRead, setAside } from "./holder-rows.ts";
import { KeyRow } from "./key-row.ts";
import * as leases from "./leases.ts";
import * as outbox from "./outbox.ts";
import { RecentIds } from "./recent-ids.ts";
import { addRefusal, addRefusals, type RefusalCounts } from "./refusal-counts.ts";
import { reportOf } from "./report.ts";
import { rememberResponse } from "./responses.ts";
import type { Admission, AdmitInput, Admitted, Explained, HolderReport, Settlement } from "./rpc.ts";
import { renewSession } from "./sessions.ts";
import { booksBy, type GateState, takeKey } from "./state.ts";
import { StateStore } from "./store.ts";
import { truncated } from "./truncate.ts";
import { Waiting } from "./waiting.ts";
import { goingOnFrom, type ToldFigures, type WholeFigures, wholeFiguresOf } from "./whole-figures.ts";

/** A settlement waits longer than this in its Worker only if this gate was away. Otherwise a longer time means that a clock jumped. */
const WAITED_AT_MOST_MS = 30_000;
/** A background request may take its provider a day. */
const LONGEST_TTL_MS = 26 * HOUR_MS;

export class KeyGate extends DurableObject<Env> {
  readonly #store = new StateStore(this.ctx.storage);
  readonly #keyRow = new KeyRow(this.env);
  #flushing: Promise<void> | undefined;
  #lapseTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #waiting = new Waiting();
  readonly #cancelled = new RecentIds();
  readonly #along = new Along();

  /**
   * Books the settlements that come along, whatever becomes of the request, then grants a lease, or says why not. Whoever asked must
   * settle a grant; it lapses after 15 minutes, and is then booked at its estimate. If the answer names a `write`, the settlements are
   * stored with that, else they are stored already. Until they are stored, their sender must be ready to send them again.
   */
  async admit(keyId: string, input: AdmitInput): Promise<Admitted> {
    const state = this.#store.enter("admissions");
    const admitted = await this.#admit(keyId, state, input);
    this.#countRefusals(state, admitted.ok ? undefined : admitted.refusal, input.refusals);
    return admitted;
  }

  async #admit(keyId: string, state: GateState, input: AdmitInput): Promise<Admitted> {
    this.#book(state, input.settlements);
    const rode = input.settlements.length > 0;
    if (!state.policy) {
      if (rode && this.#store.unsaved) this.#store.save();
      await this.#keyRow.lookUp(keyId, state);
    } else if (state.owner === null) await this.#keyRow.lookUp(keyId, state).catch(() => undefined);
    const first = this.#tryAdmit(state, input);
    const leased = first.ok && input.takesLease;
    // A client waits for its first token while a lease is granted, so a lease is answered before the settlements are stored. Any other
    // answer waits for that.
    const soon = rode && this.#store.unsaved && leased ? this.#store.saveSoon() : null;
    if (rode && this.#store.unsaved && !leased) this.#store.save();
    this.#flushIfFull(keyId, state);
    if (soon) {
      const { name: write, done } = soon;
      return write === input.awaitedWrite ? { ...first, write } : { ...first, write, stored: () => done };
    }
    if (first.ok || first.refusal.reason !== "concurrency" || !state.policy) return first;
    const { queueSize, queueTimeoutMs } = state.policy;
    const waitMs = Math.min(queueTimeoutMs, input.longestWaitMs ?? queueTimeoutMs);
    this.#wakeAtLapse(state, waitMs);
    const granted = await this.#waiting.wait(input.leaseId, queueSize, waitMs, () => {
      const again = this.#tryAdmit(state, input);
      return again.ok || again.refusal.reason !== "concurrency" ? again : null;
    });
    return granted ?? first;
  }

  /** Frees leases and books their requests. Safe to repeat: a lease is settled once, later calls change nothing. */
  async settle(keyId: string, settlements: readonly Settlement[]): Promise<void> {
    const state = this.#store.enter();
    this.#book(state, settlements);
    // Even if nothing is new: a repeated settlement is answered only when what it repeats is stored.
    await this.#store.saved();
    this.#flushIfFull(keyId, state);
  }

  /**
   * Renews the lease of a running stream for another 15 minutes, or for `ttlMs`; with 0 it lapses now. False: the lease is not held
   * here any more.
   */
  async renew(_keyId: string, leaseId: string, ttlMs = LEASE_TTL_MS): Promise<boolean> {
    const state = this.#store.enter();
    const expiresAt = Date.now() + Math.min(ttlMs, LONGEST_TTL_MS);
    const renewed = leases.renew(state.limits, leaseId, expiresAt);
    if (!renewed) return false;
    state.limits = renewed;
    this.#alarmBy(state, expiresAt);
    this.#store.saveSoon();
    return true;
  }

  /** Keeps the lease of a response that goes on in the background, for `ttlMs`. From now on the response belongs to this key. */
  async keep(
    _keyId: string,
    leaseId: string,
    response: { id: string; accountId: string },
    ttlMs: number,
  ): Promise<void> {
    const state = this.#store.enter();
    state.responses = rememberResponse(state.responses, response.id, response.accountId);
    const expiresAt = Date.now() + Math.min(ttlMs, LONGEST_TTL_MS);
    state.limits = leases.renew(state.limits, leaseId, expiresAt) ?? state.limits;
    // At once: the object may be evicted before the next call.
    this.#store.save();
  }

  /**
   * Takes back a request for a lease, however far it has come: a lease is freed as if nobody had asked for it, a request that waits
   * for one leaves the queue, and a request that is still on its way here will be refused.
   */
  async cancel(_keyId: string, leaseId: string): Promise<void> {
    const state = this.#store.enter();
    const freed = leases.release(state.limits, leaseId);
    if (freed !== state.limits) {
      state.limits = freed;
      this.#store.saveSoon();
      this.#waiting.wake();
    } else if (!this.#waiting.leave(leaseId)) this.#cancelled.add(leaseId);
  }

  /**
   * Replaces the key's policy; null deletes the key. What is booked already stays booked. `version` is the row's
   * `updated_at`: if two changes overtake each other on their way here, the later one stays.
   */
  async setPolicy(_keyId: string, policy: KeyPolicy | null, version: number, owner = ""): Promise<void> {
    const state = this.#store.enter();
    if (version < state.policyVersion) return;
    takeKey(state, { policy, policyVersion: version, owner });
    this.#keyRow.told();
    this.#store.save();
    this.#waiting.wake();
  }

  /** Corrects what was charged for requests whose price was set after they were booked. Safe to repeat under its id. */
  async correct(_keyId: string, correctionId: string, corrections: readonly Correction[]): Promise<void> {
    const state = this.#store.enter();
    if (state.corrections.includes(correctionId)) return;
    state.corrections = withCorrection(state.corrections, correctionId);
    const policy = booksBy(state);
    state.limits = correct(state.limits, policy, corrections, this.#clock());
    this.#store.save();
    this.#along.figuresChanged();
    this.#alarmBy(state, Date.now() + FLUSH_DELAY_MS);
    // A budget may have room again.
    this.#waiting.wake();
  }

  /** What the gate would answer to this request; null for an unknown or deleted key. Nothing is counted or reserved. */
  async explain(keyId: string, input: AdmitInput): Promise<Explained | null> {
    const state = this.#store.enter();
    if (!state.policy) await this.#keyRow.lookUp(keyId, state);
    this.#lapse(state, Date.now());
    return explain(state, input, this.#clock());
  }

  /** Live figures, fresher than D1; null for an unknown or deleted key. `read`: the rows of D1 that its holder is about to have read. */
  async report(keyId: string, read: HolderRead = { rows: 0, sums: 0 }): Promise<HolderReport | null> {
    const state = this.#store.enter();
    if (!state.policy) await this.#keyRow.lookUp(keyId, state);
    if (!state.policy) return null;
    this.#lapse(state, Date.now());
    const rows = setAside(state.meter, read, state.limits.totals.requests, Date.now());
    if (rows) this.#store.saveLater();
    return { ...reportOf(state, state.policy, this.#clock()), rows };
  }

  /**
   * Writes to D1 what is booked, and the refusals that were counted here and elsewhere (`refusals`). Throws if D1 does not take it, and
   * at once while D1 is known not to take anything.
   */
  async flush(refusals?: RefusalCounts): Promise<void> {
    const state = this.#store.enter();
    this.#countRefusals(state, undefined, refusals);
    // Waits for a flush that is under way: it shows whether D1 takes anything. What was booked since it began needs another one.
    await this.#flushing?.catch(() => undefined);
    if (Date.now() < state.retryAt) {
      throw new Error(`D1 did not take the ledger; the next try is at ${new Date(state.retryAt).toISOString()}`);
    }
    await this.#flush(this.#keyId(), state);
  }

  /** For a backup: the figures that the limits go by. They are written to D1 first, as far as D1 takes them. */
  async tellFigures(_keyId: string): Promise<ToldFigures> {
    await this.flush().catch(() => undefined);
    const state = this.#store.state();
    return { figures: wholeFiguresOf(state.limits), unflushed: outbox.waitingIn(state) };
  }

  /** Goes on from the figures of another relay's gate. Returns what the limits go by then. Safe to repeat. */
  async goOnFrom(_keyId: string, figures: WholeFigures): Promise<WholeFigures> {
    const state = this.#store.enter();
    state.limits = goingOnFrom(state.limits, figures);
    this.#store.save();
    this.#along.figuresChanged();
    this.#alarmBy(state, Date.now() + FLUSH_DELAY_MS);
    return wholeFiguresOf(state.limits);
  }

  /** Counts what was refused here (`refusal`), and elsewhere without asking here (`others`): in memory, and stored within a minute. */
  #countRefusals(state: GateState, refusal: Refusal | undefined, others: RefusalCounts | undefined): void {
    const { counts } = state.refusals;
    const own = refusal !== undefined && addRefusal(counts, refusal.reason, Date.now());
    if (others) addRefusals(counts, others);
    if (!own && !others) return;
    state.refusals.due = true;
    this.#store.saveLater();
    this.#alarmBy(state, Date.now() + REFUSALS_DELAY_MS);
  }

  /** Books what has lapsed, and flushes. Never throws: an alarm that throws is retried six times and then forgotten. */
  override async alarm(): Promise<void> {
    const state = this.#store.enter();
    state.alarmAt = 0;
    state.retryAt = 0;
    this.#lapse(state, Date.now());
    await this.#flushQuietly(this.#keyId(), state);
    // A flush that was already under way did not take what was booked after it began.
    if (outbox.waitingIn(state) > 0) this.#alarmBy(state, Date.now() + FLUSH_DELAY_MS);
    const next = leases.nextLook(state.limits.leases, Date.now(), FLUSH_DELAY_MS);
    if (next !== null) this.#alarmBy(state, next);
    await this.#catchUp(state);
  }

  /** Takes a change of the key if whoever made it died before they told this gate. Never rejects. */
  async #catchUp(state: GateState): Promise<void> {
    const { policyVersion } = state;
    await this.#keyRow.read(this.#keyId(), state).catch(() => undefined);
    if (state.policyVersion === policyVersion) return;
    this.#store.save();
    this.#waiting.wake();
  }

  /** Books settlements, in memory. */
  #book(state: GateState, settlements: readonly Settlement[]): void {
    const policy = booksBy(state);
    const now = Date.now();
    const booked: Entry[] = [];
    for (const { leaseId, grant, entry, session, response, waitedMs = 0 } of settlements) {
      const endedAt = now - Math.min(waitedMs, WAITED_AT_MOST_MS);
      const ended = { leaseId, grant, spent: entry, endedAt };
      const settled = leases.settle(state.limits, policy, ended, this.#clock(now));
      if (!settled) continue;
      booked.push(entry);
      state.limits = settled;
      const accountId = truncated(entry.accountId);
      if (session && accountId) state.sessions = renewSession(state.sessions, truncated(session), accountId, now);
      if (response && accountId) state.responses = rememberResponse(state.responses, response.id, accountId);
    }
    if (booked.length === 0) return;
    this.#put(state, booked);
    this.#waiting.wake();
  }

  /** Books the leases whose settlement did not come in time. */
  #lapse(state: GateState, now: number): void {
    const { state: lapsed, lost } = leases.lapse(state.limits, booksBy(state), this.#clock(now));
    if (lapsed === state.limits) return;
    state.limits = lapsed;
    for (const { id } of lost) record({ event: "lease_lapsed", request: id });
    this.#put(state, lost);
    this.#waiting.wake();
  }

  /** Puts what was booked into the outbox. Stores nothing before all of it is there, because the state has lost its leases already. */
  #put(state: GateState, entries: readonly Entry[]): void {
    let full = false;
    for (const entry of entries) {
      this.#store.countBooked();
      full = outbox.put(this.ctx.storage.kv, state, entry) || full;
    }
    if (full) this.#store.save();
    if (entries.length > 0) this.#alarmBy(state, Date.now() + FLUSH_DELAY_MS);
  }

  #tryAdmit(state: GateState, input: AdmitInput): Result<Admission, Refusal> {
    if (this.#cancelled.has(input.leaseId)) return { ok: false, refusal: { reason: "cancelled" } };
    const now = Date.now();
    this.#lapse(state, now);
    const decided = decide(state, input, this.#clock(now));
    if (!decided.ok) return decided;
    if (input.takesLease) {
      state.limits = decided.value.limits;
      this.#alarmBy(state, now + FLUSH_DELAY_MS);
      this.#store.saveSoon();
    }
    return { ok: true, value: decided.value.admission };
  }

  /** Makes the alarm ring by `wanted`, but while D1 is away not before D1 may be tried again. */
  #alarmBy(state: GateState, wanted: number): void {
    const at = Math.max(wanted, state.retryAt);
    if (state.alarmAt > Date.now() && state.alarmAt <= at) return;
    state.alarmAt = at;
    this.#store.setAlarm(at);
  }

  /** Lets waiting requests in if a lease lapses before their time is up. */
  #wakeAtLapse(state: GateState, withinMs: number): void {
    const now = Date.now();
    const first = Math.min(...state.limits.leases.map((lease) => lease.expiresAt));
    if (this.#lapseTimer !== undefined || first > now + withinMs) return;
    this.#lapseTimer = setTimeout(() => {
      this.#lapseTimer = undefined;
      this.#lapse(state, Date.now());
      if (this.#waiting.size > 0) this.#wakeAtLapse(state, withinMs);
    }, first - now);
  }

  #flushIfFull(keyId: string, state: GateState): void {
    if (!outbox.isLarge(state) || Date.now() < state.retryAt) return;
    this.ctx.waitUntil(this.#flushQuietly(keyId, state));
  }

  async #flushQuietly(keyId: string, state: GateState): Promise<void> {
    try {
      await this.#flush(keyId, state);
    } catch (error) {
      outbox.failed(keyId, state, error);
    }
  }

  #flush(keyId: string, state: GateState): Promise<void> {
    this.#flushing ??= this.#writeOut(keyId, state).finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #writeOut(keyId: string, state: GateState): Promise<void> {
    if (this.#store.unsaved) this.#store.save();
    const count = state.pending.length;
    const save = () => this.#store.save();
    const along = this.#along.statements(this.env.DB, keyId, state, this.#clock());
    try {
      const all = await outbox.writeOut({ keyId, db: this.env.DB, kv: this.ctx.storage.kv, state, save, along });
      outbox.succeeded(keyId, state);
      this.#along.told(keyId, state, this.#clock());
      if (!all) this.#alarmBy(state, Date.now() + NEXT_PORTION_MS);
      // Stored, because what D1 has is known by its log rows, which are deleted one day, perhaps before the key is used again. Requests
      // in flight bring a write of their own.
      if (count > 0 && state.limits.leases.length === 0) save();
    } catch (error) {
      if (along.length > 0) this.#along.untold(state);
      state.alarmAt = 0;
      this.#alarmBy(state, outbox.backOff(state, Date.now()));
      // The back-off must outlive the object.
      save();
      throw error;
    }
  }

  /** The object's name is the key's id. */
  #keyId(): string {
    const { name } = this.ctx.id;
    if (!name) throw new Error("A gate must be addressed by its key's id");
    return name;
  }

  #clock(now = Date.now()): Clock {
    return { now, offsetHours: Number(this.env.TIMEZONE_OFFSET) || 0 };
  }
}
