/** One action on many accounts: which of the chosen it changes, and how it is undone. Pure. */
import type { Account, AccountOutcomes, BulkAction } from "./accounts.ts";

/** The most that the relay accepts at once. */
export const MOST_AT_ONCE = 50;

/** The ids of those that it changes. One that is paused already is not paused again, and so is not resumed by undoing. */
export function changedBy(action: BulkAction, chosen: readonly Pick<Account, "id" | "schedulable">[]): string[] {
  return chosen
    .filter(({ schedulable }) => action === "reset" || schedulable === (action === "pause"))
    .map(({ id }) => id);
}

/** The action that undoes it; undefined if there is none. */
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
