/** What will happen to each request, from a seed: the same seed gives the same requests and the same faults. */

/** mulberry32: small, and good enough to spread faults. Numbers from 0 up to 1. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export type Random = () => number;

export function pick<Value>(random: Random, values: readonly Value[]): Value {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error("nothing to pick from");
  return value;
}

/** How the upstream ends one try: `page` is a proxy's own page, `early` an end before the protocol's, `refuse` no answer. */
export type Ending = "complete" | "early" | "refuse" | "error" | "page";

export interface RequestPlan {
  number: number;
  stream: boolean;
  /** By try: the first may fail before output and be moved to another account. */
  endings: readonly [Ending, Ending, Ending];
  words: number;
  silentMs: number;
  pauseMs: number;
  /** When the client hangs up: this many milliseconds after asking, or after this many pieces of the answer. */
  leaves: { afterMs: number } | { afterPieces: number } | null;
}

const MOSTLY_WELL: readonly Ending[] = [
  ...Array<Ending>(14).fill("complete"),
  "early",
  "early",
  "refuse",
  "error",
  "page",
];

export function planOf(number: number, random: Random): RequestPlan {
  const leaves = random();
  return {
    number,
    stream: random() < 0.75,
    endings: [pick(random, MOSTLY_WELL), pick(random, MOSTLY_WELL), pick(random, MOSTLY_WELL)],
    words: 1 + Math.floor(random() * 8),
    silentMs: random() < 0.3 ? Math.floor(random() * 25) : 0,
    pauseMs: random() < 0.3 ? Math.floor(random() * 6) : 0,
    leaves:
      leaves < 0.1
        ? { afterMs: Math.floor(random() * 4) }
        : leaves < 0.22
          ? { afterMs: Math.floor(random() * 60) }
          : leaves < 0.3
            ? { afterPieces: 1 + Math.floor(random() * 6) }
            : null,
  };
}
