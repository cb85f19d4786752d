/** The figures that a key's limits go by, for a move to another relay: a gate tells them, and a new gate goes on from them. Pure. */
import type { LimitState } from "./limits.ts";

/** All that a new object needs so that no budget, window or lifetime of the key begins anew. */
export type WholeFigures = Pick<LimitState, "firstUsedAt" | "window" | "day" | "week" | "totals">;

export interface ToldFigures {
  figures: WholeFigures;
  /** How many booked requests D1 did not take: they are in the figures, but in no sum. */
  unflushed: number;
}

export function wholeFiguresOf({ firstUsedAt, window, day, week, totals }: LimitState): WholeFigures {
  return { firstUsedAt, window, day, week, totals };
}

/** The state that goes on from the figures. If the key was used here before, its own figures stay. */
export function goingOnFrom(state: LimitState, figures: WholeFigures): LimitState {
  const isUsed = state.leases.length > 0 || state.lapsed.length > 0 || state.firstUsedAt !== null;
  return isUsed || !isUnused(state) ? state : { ...state, ...figures };
}

/** Whether a key with these figures was never used. */
export function isUnused({ firstUsedAt, totals }: WholeFigures): boolean {
  return firstUsedAt === null && totals.requests === 0 && totals.costNanos === 0;
}
