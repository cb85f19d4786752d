/** What a key's limits go by, on its way to another relay: how a gate says it, and how a new gate goes on from there. Pure. */
import type { LimitState } from "./limits.ts";

/** All that a new object needs so that no budget, window or lifetime of the key begins anew. */
export type WholeFigures = Pick<LimitState, "firstUsedAt" | "window" | "day" | "week" | "totals">;

export interface ToldFigures {
  figures: WholeFigures;
  /** Booked and not in D1, which did not take it: in the figures, and in no sum. */
  unflushed: number;
}

export function wholeFiguresOf({ firstUsedAt, window, day, week, totals }: LimitState): WholeFigures {
  return { firstUsedAt, window, day, week, totals };
}

/** The state that goes on from the figures; where the key has been used here, its own stay. */
export function goingOnFrom(state: LimitState, figures: WholeFigures): LimitState {
  const isUsed = state.leases.length > 0 || state.lapsed.length > 0 || state.firstUsedAt !== null;
  return isUsed || !isUnused(state) ? state : { ...state, ...figures };
}

/** Whether a key with these figures was never used. */
export function isUnused({ firstUsedAt, totals }: WholeFigures): boolean {
  return firstUsedAt === null && totals.requests === 0 && totals.costNanos === 0;
}
