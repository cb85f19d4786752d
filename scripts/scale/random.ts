/** Random numbers that are the same in every run, so that two runs measure the same relay. */

export interface Chance {
  /** From 0 to below 1. */
  next(): number;
  /** A whole number from 0 to below `below`. */
  below(below: number): number;
  of<Item>(items: readonly Item[]): Item;
  /** Whether something of this probability happens. */
  happens(probability: number): boolean;
  /** Around `median`, distributed like durations and sizes of requests: never negative, with a long tail. */
  around(median: number): number;
  hex(digits: number): string;
}

/** Mulberry32: 32 bits of state are enough for a population, and it takes ten lines. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    next,
    below,
    of: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error("Nothing to choose from");
      return item;
    },
    happens: (probability) => next() < probability,
    around: (median) => median * Math.exp((next() + next() + next() - 1.5) * 1.6),
    hex: (digits) => Array.from({ length: digits }, () => below(16).toString(16)).join(""),
  };
}

/** Picks from `count` things of which a few are used most: thing n is picked in proportion to 1 / (n + 1). */
export function zipf(count: number, chance: Chance): () => number {
  const ends: number[] = [];
  let sum = 0;
  for (let place = 1; place <= count; place++) {
    sum += 1 / place;
    ends.push(sum);
  }
  return () => {
    const at = chance.next() * sum;
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle] ?? sum) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
