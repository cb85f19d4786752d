/**
 * Holds the gate's state and decides when it is stored: at once if an answer depends on it, else soon, so that many changes share one
 * written row. It knows nothing of what is in the state but the meter.
 */
import { MINUTE_MS } from "../ground/durations.ts";
import { countUse } from "./meter.ts";
import { type GateState, openState, STATE } from "./state.ts";

/** How long an admission may stay in memory only. Admissions and settlements in this time share one written row. */
const SAVE_DELAY_MS = 200;
/** How long a settlement waits for others while requests are in flight. No client waits for it: the answer has been sent. */
const SHARED_SAVE_MS = 8;
/** How long counters may stay in memory only: an idle object is not evicted sooner. */
const LATER_MS = MINUTE_MS;

/** A write that is due. */
export interface DueWrite {
  /** Unique, even across lives of the object. */
  name: string;
  /** Resolves when this write, or a confirmed one before it, is stored. */
  done: Promise<void>;
}

export class StateStore {
  readonly #storage: DurableObjectStorage;
  #opened: GateState | undefined;
  /** How many requests the object has booked since it started, and how many of them are known to be stored. */
  #booked = 0;
  #stored = 0;
  #soon:
    | (DueWrite & { timer: ReturnType<typeof setTimeout>; resolve: (stored: void | Promise<void>) => void })
    | undefined;
  #shared: Promise<void> | undefined;
  #later: ReturnType<typeof setTimeout> | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** The state, read from the object's own storage the first time. Nothing is awaited, so two calls never get two copies. */
  state(): GateState {
    this.#opened ??= openState(this.#storage.kv, Date.now());
    return this.#opened;
  }

  /** The same, at the start of a call or an alarm, which it counts: each is billed as a request. */
  enter(as?: "admissions"): GateState {
    const state = this.state();
    countUse(state.meter, "requests", 1, Date.now());
    if (as) countUse(state.meter, as, 1, Date.now());
    return state;
  }

  /** Call when a request is booked in the state. */
  countBooked(): void {
    this.#booked++;
  }

  /** Whether a booked request may not be stored yet. */
  get unsaved(): boolean {
    return this.#stored < this.#booked;
  }

  /** Stores the state, confirmed: no answer and no request leaves the object before it is durable. */
  save(): void {
    // This comes first: if it throws, nothing counts as stored, and a repeated call stores it.
    countUse(this.state().meter, "rows", 1, Date.now());
    this.#storage.kv.put(STATE, this.state());
    this.#stored = this.#booked;
    clearTimeout(this.#soon?.timer);
    this.#forgetLater();
    this.#soon?.resolve();
    this.#soon = undefined;
  }

  /**
   * Resolves when what is booked is stored. While requests are in flight it waits for a moment, so that the settlements of
   * that moment share one write: a write costs more than all the rest of a settlement.
   */
  async saved(): Promise<void> {
    if (!this.unsaved) return;
    if (this.state().limits.leases.length === 0) return this.save();
    this.#shared ??= scheduler.wait(SHARED_SAVE_MS).then(() => {
      this.#shared = undefined;
      if (this.unsaved) this.save();
    });
    await this.#shared;
  }

  /** Stores the state soon, with all that changes until then. Answers and requests of the object do not wait for it. */
  saveSoon(): DueWrite {
    if (!this.#soon) {
      const { promise: done, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(() => {
        this.#soon = undefined;
        resolve(this.#saveUnconfirmed());
      }, SAVE_DELAY_MS);
      this.#soon = { name: crypto.randomUUID(), done, timer, resolve };
    }
    return this.#soon;
  }

  /** Stores the state within a minute, with whatever else is stored by then. */
  saveLater(): void {
    this.#later ??= setTimeout(() => {
      this.#later = undefined;
      this.saveSoon();
    }, LATER_MS);
  }

  #forgetLater(): void {
    clearTimeout(this.#later);
    this.#later = undefined;
  }

  /** Sets the alarm, which is billed as a written row. `at` in milliseconds since the epoch. */
  setAlarm(at: number): void {
    countUse(this.state().meter, "rows", 1, Date.now());
    void this.#storage.setAlarm(at);
  }

  async #saveUnconfirmed(): Promise<void> {
    const booked = this.#booked;
    this.#forgetLater();
    countUse(this.state().meter, "rows", 1, Date.now());
    await this.#storage.put(STATE, this.state(), { allowUnconfirmed: true });
    await this.#storage.sync();
    this.#stored = Math.max(this.#stored, booked);
  }
}
