/**
 * In which order the eligible accounts of a pool are tried. Pure: what is remembered about accounts in flight, and
 * chance itself, are arguments.
 */

export const STRATEGIES = ["priority", "round-robin", "random", "weighted", "failover"] as const;

/**
 * - `priority`: lowest number first; among equals those that need no translation, then most headroom, fewest in flight, least
 *   recently used.
 * - `round-robin`: least recently used first, whatever the priority.
 * - `random`: any order.
 * - `weighted`: random, in proportion to the weights.
 * - `failover`: strictly by priority, and then those that need no translation, and age: the next account only when the first is
 *   not usable.
 */
export type Strategy = (typeof STRATEGIES)[number];

/** What a strategy looks at. */
export interface Contender {
  id: string;
  priority: number;
  weight: number;
  /** Its request needs no translation. */
  native: boolean;
  /** Fraction of the provider's tightest window for the model that is used, 0 to 1; 0 where unknown. */
  used: number;
  inFlight: number;
  /** Sequence number of the last choice; 0: never chosen by this isolate. */
  lastChosen: number;
}

/** Headroom is compared in steps of a tenth: a difference of a hundredth is noise, and would send all requests to one account. */
const HEADROOM_STEPS = 10;

/** `contenders` in the order in which they should be tried. `random` gives numbers from 0 up to 1. */
export function orderBy<C extends Contender>(strategy: Strategy, contenders: readonly C[], random: () => number): C[] {
  switch (strategy) {
    case "priority":
      return [...contenders].sort(
        (a, b) =>
          a.priority - b.priority ||
          byFormat(a, b) ||
          headroomStep(a) - headroomStep(b) ||
          a.inFlight - b.inFlight ||
          a.lastChosen - b.lastChosen ||
          byId(a, b),
      );
    case "round-robin":
      return [...contenders].sort((a, b) => a.lastChosen - b.lastChosen || byFormat(a, b) || byId(a, b));
    case "random":
      return weightedOrder(contenders, () => 1, random);
    case "weighted":
      return weightedOrder(contenders, (contender) => Math.max(0, contender.weight), random);
    case "failover":
      return [...contenders].sort((a, b) => a.priority - b.priority || byFormat(a, b) || byId(a, b));
  }
}

/** Draws without replacement: each key is `u^(1/weight)`, highest first (Efraimidis and Spirakis). */
function weightedOrder<C extends Contender>(
  contenders: readonly C[],
  weightOf: (contender: C) => number,
  random: () => number,
): C[] {
  const keyed = contenders.map((contender) => {
    const weight = weightOf(contender);
    return { contender, key: weight > 0 ? random() ** (1 / weight) : -random() };
  });
  return keyed.sort((a, b) => b.key - a.key).map(({ contender }) => contender);
}

function headroomStep(contender: Contender): number {
  return Math.floor(contender.used * HEADROOM_STEPS);
}

/** Those that need no translation come first: a translation costs fidelity and time. */
function byFormat(a: Contender, b: Contender): number {
  return Number(b.native) - Number(a.native);
}

/** Ids are time-ordered, so this is oldest first. */
function byId(a: Contender, b: Contender): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
