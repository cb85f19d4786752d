/** Doing one thing to many accounts: to which of the chosen it is news, and how it is taken back. Pure. */
import type { Account, AccountOutcomes, BulkAction } from "./accounts.ts";

/** What the relay takes at once. */
export const MOST_AT_ONCE = 50;

/** The ids of those that it changes: who is paused already is not paused again, nor resumed when that is taken back. */
export function changedBy(action: BulkAction, chosen: readonly Pick<Account, "id" | "schedulable">[]): string[] {
  return chosen
    .filter(({ schedulable }) => action === "reset" || schedulable === (action === "pause"))
    .map(({ id }) => id);
}

/** What takes it back; undefined where nothing does. */
export function opposite(action: BulkAction): BulkAction | undefined {
  return { pause: "resume" as const, resume: "pause" as const, reset: undefined }[action];
}

export function inLots<Each>(all: readonly Each[], most: number): Each[][] {
  const lots: Each[][] = [];
  for (let from = 0; from < all.length; from += most) lots.push(all.slice(from, from + most));
  return lots;
}

/** Those for which it was done, and those for which it was not, with the relay's reason. */
export function sorted({ results }: Pick<AccountOutcomes, "results">) {
  return {
    done: results.filter(({ error }) => error === null).map(({ id }) => id),
    failed: results.flatMap(({ id, error }) => (error === null ? [] : [{ id, message: error.message }])),
  };
}
