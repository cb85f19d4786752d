/**
 * What a gate writes to D1 beside the ledger, in the same transactions: the key's figures, and how often it was refused. Both are
 * totals and no increments, so writing them twice does no harm.
 */
import type { Clock } from "../ground/calendar.ts";
import { figuresOf, writeFigures } from "./figures.ts";
import { LimitEvents } from "./limit-events.ts";
import { allowancesOf } from "./limits.ts";
import * as outbox from "./outbox.ts";
import { forgetPast, writeRefusals } from "./refusal-counts.ts";
import type { GateState } from "./state.ts";

export class Along {
  /** Whether the key's figures have changed without a request that will be flushed. */
  #figuresDue = false;
  readonly #limits = new LimitEvents();

  figuresChanged(): void {
    this.#figuresDue = true;
  }

  /** The statements that are due. Call `told` when D1 has taken them, `untold` if it has not. */
  statements(db: D1Database, keyId: string, state: GateState, clock: Clock): D1PreparedStatement[] {
    const statements: D1PreparedStatement[] = [];
    if (outbox.waitingIn(state) > 0 || this.#figuresDue || state.refusals.due) {
      const lastUsedAt = Math.max(0, ...state.pending.map(({ time }) => time));
      statements.push(writeFigures(db, figuresOf(keyId, state, clock, lastUsedAt)));
    }
    if (state.refusals.due) statements.push(writeRefusals(db, keyId, state.refusals.counts));
    // Before D1 writes: what changes meanwhile is due again.
    this.#figuresDue = false;
    state.refusals.due = false;
    return statements;
  }

  told(keyId: string, state: GateState, clock: Clock): void {
    if (!state.refusals.due) forgetPast(state.refusals.counts, clock.now);
    if (state.policy) this.#limits.look(keyId, allowancesOf(state.limits, state.policy, clock), state.policy.windowMs);
  }

  untold(state: GateState): void {
    this.#figuresDue = true;
    state.refusals.due = Object.keys(state.refusals.counts).length > 0;
  }
}
