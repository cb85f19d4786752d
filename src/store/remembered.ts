/**
 * A value that one isolate remembers and reads again when it has grown old: the accounts, the prices, whatever is
 * read-mostly. It is a cache, never the truth, and the one place where requests share a read.
 *
 * A promise belongs to the request that made it: if that request is cancelled because its client has left, the promise never
 * settles, and whoever shares it waits for ever. So a read is handed to `waitUntil`, which outlives the client, and nobody waits
 * for another's read without a limit. A value that is still usable is answered at once, and read again in the background.
 */
import { waitUntil } from "cloudflare:workers";
import { record } from "../events.ts";
import { within } from "../ground/within.ts";

export interface Upkeep<Value> {
  /** What is remembered, for the log. */
  name: string;
  /** How long a value is answered without a new read, in milliseconds. Called once for each value that is read. */
  freshMs: (value: Value) => number;
  /** How long after its read a value is still answered while it is read again in the background. After that, requests wait. */
  usableMs: number;
  /** The most that a request waits for its own read. After that the remembered value serves again, however old. */
  patienceMs: number;
}

/** Reads the value. `known` is the remembered one, so that the read may take over what has not changed; undefined after a `forget`. */
export type Read<Value> = (known: Value | undefined) => Promise<Value>;

interface Known<Value> {
  value: Value;
  /** When its read began. */
  since: number;
  forgotten: boolean;
  freshUntil: number;
  usableUntil: number;
}

interface Reading {
  since: number;
  /** This isolate made a change after the read began, so the read may bring the value from before. */
  outdated: boolean;
  /** Never rejects; may never settle either. */
  done: Promise<void>;
}

/** How long a request waits for another's read: nearly every read takes less, and one that takes longer may have been cancelled. */
const JOIN_MS = 1_000;
const NOT_USABLE = { freshUntil: Number.NEGATIVE_INFINITY, usableUntil: Number.NEGATIVE_INFINITY };

export class Remembered<Value> {
  readonly #upkeep: Upkeep<Value>;
  #known: Known<Value> | undefined;
  #reading: Reading | undefined;
  #failure: unknown;

  constructor(upkeep: Upkeep<Value>) {
    this.#upkeep = upkeep;
  }

  /** The remembered value, however old. */
  get value(): Value | undefined {
    return this.#known?.value;
  }

  /**
   * The value; synchronous while it is usable. `now` in milliseconds since the epoch. Rejects only if no value was ever read and
   * none can be read now.
   */
  get(read: Read<Value>, now: number): Value | Promise<Value> {
    const known = this.#known;
    if (!known || now >= known.usableUntil) return this.#wait(read, now);
    if (now >= known.freshUntil && !this.#underWay(now)) {
      // The last read has not come back in all that time, which counts as a failure.
      if (this.#reading) this.#keepOn(known, now);
      this.#begin(read, now);
    }
    return known.value;
  }

  /** Call after a change made by this isolate: its next request waits for a read that begins after the change. */
  forget(): void {
    if (this.#reading) this.#reading.outdated = true;
    this.#reading = undefined;
    if (this.#known) this.#known = { ...this.#known, forgotten: true, ...NOT_USABLE };
  }

  async #wait(read: Read<Value>, now: number): Promise<Value> {
    const before = this.#known;
    const another = this.#underWay(now);
    if (another) await within(JOIN_MS, another.done);
    if (!this.#known || this.#known === before) {
      await within(this.#upkeep.patienceMs, this.#begin(read, now).done);
    }
    if (!this.#known) throw this.#failure ?? new Error("It could not be read in time");
    // This request has waited in vain for a newer value. The next one need not wait as long to find that out.
    if (this.#known === before) this.#keepOn(before, now);
    return this.#known.value;
  }

  #underWay(now: number): Reading | undefined {
    const { patienceMs } = this.#upkeep;
    return this.#reading && now - this.#reading.since < patienceMs ? this.#reading : undefined;
  }

  #begin(read: Read<Value>, now: number): Reading {
    const reading: Reading = { since: now, outdated: false, done: Promise.resolve() };
    this.#reading = reading;
    reading.done = this.#readInto(read, now, reading);
    waitUntil(reading.done);
    return reading;
  }

  async #readInto(read: Read<Value>, now: number, reading: Reading): Promise<void> {
    try {
      const value = await read(this.#known?.forgotten ? undefined : this.#known?.value);
      const newer = !this.#known || this.#known.since <= now;
      // A read from before the change may serve those who asked before it, and nobody after them.
      if (reading.outdated && !this.#known) this.#known = { value, since: now, forgotten: true, ...NOT_USABLE };
      else if (!reading.outdated && newer) this.#keep(value, now);
    } catch (error) {
      this.#failure = error;
      if (this.#known && !reading.outdated) {
        record({ event: "stale_value_kept", value: this.#upkeep.name, error });
        this.#keepOn(this.#known, now);
      }
    } finally {
      if (this.#reading === reading) this.#reading = undefined;
    }
  }

  #keep(value: Value, now: number): void {
    const { freshMs, usableMs } = this.#upkeep;
    this.#known = {
      value,
      since: now,
      forgotten: false,
      freshUntil: now + freshMs(value),
      usableUntil: now + usableMs,
    };
  }

  /** A value that could not be read again serves on, and is read again soon. */
  #keepOn(known: Known<Value>, now: number): void {
    const { patienceMs, usableMs } = this.#upkeep;
    this.#known = { ...known, freshUntil: now + patienceMs, usableUntil: now + usableMs };
  }
}
