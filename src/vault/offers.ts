/**
 * Sign-ins that will replace the one in an account's Keeper as soon as the account names them in D1. They are stored here before that,
 * so that whoever brings one may be cut off at any moment: the object's alarm sees which sign-in the account names, and drops the others.
 */
import { MINUTE_MS } from "../ground/durations.ts";
import { openGrant } from "./grant.ts";
import { grantPlace } from "./places.ts";
import { seal } from "./seal.ts";
import type { NewGrant } from "./tokens.ts";

export interface Offered extends Omit<NewGrant, "grant"> {
  sealed: string;
  /** When the alarm looks whether the account names it. */
  nextAt: number;
}

const OFFERED = "offered";
/** Whoever brings a sign-in is mostly done by then; if not, nothing is lost. */
const LOOK_AFTER_MS = MINUTE_MS;

export class Offers {
  readonly #storage: DurableObjectStorage;
  readonly #env: Env;
  readonly #rescheduled: () => void;

  constructor(storage: DurableObjectStorage, env: Env, rescheduled: () => void) {
    this.#storage = storage;
    this.#env = env;
    this.#rescheduled = rescheduled;
  }

  /** Stores an offer. Resolves when it is durable. Safe to repeat. */
  async add({ grant, ...given }: NewGrant): Promise<void> {
    const sealed = await seal(JSON.stringify(grant), grantPlace(given), this.#env.ENCRYPTION_KEY);
    const others = this.#read().filter(({ grantId }) => grantId !== given.grantId);
    this.#write([...others, { ...given, sealed, nextAt: Date.now() + LOOK_AFTER_MS }]);
    await this.#storage.sync();
  }

  get dueAt(): number | null {
    const times = this.#read().map(({ nextAt }) => nextAt);
    return times.length === 0 ? null : Math.min(...times);
  }

  /** The offers that are due. They become due again later, even if the caller dies before it drops them. */
  takeTurn(): Offered[] {
    const now = Date.now();
    const due = this.#read().filter(({ nextAt }) => nextAt <= now);
    if (due.length === 0) return [];
    this.#write(this.#read().map((one) => (one.nextAt <= now ? { ...one, nextAt: now + LOOK_AFTER_MS } : one)));
    return due;
  }

  /** The sign-in that was offered. Throws if it does not open. */
  async open({ sealed, nextAt: _, ...given }: Offered): Promise<NewGrant> {
    return { ...given, grant: await openGrant({ ...given, sealed }, this.#env) };
  }

  drop(isGone: (offered: Offered) => boolean): void {
    const all = this.#read();
    const left = all.filter((offered) => !isGone(offered));
    if (left.length < all.length) this.#write(left);
  }

  #read(): Offered[] {
    return this.#storage.kv.get<Offered[]>(OFFERED) ?? [];
  }

  #write(all: Offered[]): void {
    if (all.length === 0) this.#storage.kv.delete(OFFERED);
    else this.#storage.kv.put(OFFERED, all);
    this.#rescheduled();
  }
}
