/** Ranges of time that end now. Pure. */

export const RANGES = ["24h", "7d", "30d"] as const;
export type Range = (typeof RANGES)[number];

const HOUR_MS = 3_600_000;
export const RANGE_MS: Readonly<Record<Range, number>> = {
  "24h": 24 * HOUR_MS,
  "7d": 7 * 24 * HOUR_MS,
  "30d": 30 * 24 * HOUR_MS,
};

/** From the query of an address; a day if it names none. */
export function rangeIn(search: string): Range {
  const given = new URLSearchParams(search).get("range");
  return RANGES.find((range) => range === given) ?? "24h";
}

/** The beginning of the range in the API's form, at the full hour, like the sums. `now` in milliseconds since the epoch. */
export function beginOf(range: Range, now: number): string {
  const hour = Math.ceil(now / HOUR_MS) * HOUR_MS;
  return new Date(hour - RANGE_MS[range]).toISOString();
}
