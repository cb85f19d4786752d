/**
 * Histograms of how long requests took, as columns of the sums: a percentile of any hours, keys and models follows from adding
 * them up, which no list of percentiles would allow. The bounds are fixed, because what is summed under them is. Pure.
 */

/** Upper bounds in milliseconds, inclusive; the last bucket of each has none. */
const BOUNDS = {
  /** To the first token, of every request that had one. */
  ttft: [250, 500, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000, 30_000],
  /** To the end, of requests that were completed. */
  duration: [1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000, 120_000, 300_000],
} as const;

export type Latency = keyof typeof BOUNDS;

export interface Bucket {
  column: string;
  /** Above this, in milliseconds. */
  from: number;
  /** Up to this, inclusive; null: without end. */
  to: number | null;
}

export const BUCKETS: Record<Latency, readonly Bucket[]> = {
  ttft: bucketsOf("ttft"),
  duration: bucketsOf("duration"),
};

function bucketsOf(of: Latency): Bucket[] {
  const bounds: readonly number[] = BOUNDS[of];
  return [...bounds, null].map((to, at) => ({
    column: to === null ? `${of}_over_${bounds.at(-1)}` : `${of}_to_${to}`,
    from: at === 0 ? -1 : (bounds[at - 1] ?? 0),
    to,
  }));
}

/**
 * The value that the share `of` of them does not exceed, in milliseconds, estimated as if they lay evenly within a bucket; of the
 * last bucket its lower bound. Null where there are none.
 */
export function percentile(buckets: readonly Bucket[], counts: readonly number[], of: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total <= 0) return null;
  let below = 0;
  for (const [at, { from, to }] of buckets.entries()) {
    const count = counts[at] ?? 0;
    if (count > 0 && below + count >= of * total) {
      const start = Math.max(0, from);
      return to === null ? start : Math.round(start + ((of * total - below) / count) * (to - start));
    }
    below += count;
  }
  return null;
}
