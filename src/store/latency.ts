/**
 * Histograms of how long requests took, as columns of the sums: adding them up gives a percentile of any hours, keys and models, which
 * stored percentiles would not allow. The bounds can never change, because stored sums were made with them. Pure.
 */

/** Upper bounds in milliseconds, inclusive; the last bucket of each has none. */
const BOUNDS = {
  /** Time to the first token, of every request that had one. */
  ttft: [250, 500, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000, 30_000],
  /** Time to the end, of requests that were completed. */
  duration: [1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000, 120_000, 300_000],
} as const;

export type Latency = keyof typeof BOUNDS;

export interface Bucket {
  column: string;
  /** Lower bound in milliseconds, exclusive. */
  from: number;
  /** Upper bound in milliseconds, inclusive; null: none. */
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
 * The value that the share `of` of the requests does not exceed, in milliseconds. It is estimated as if they lay evenly within a bucket;
 * for the last bucket it is the lower bound. Null if there are no requests.
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
