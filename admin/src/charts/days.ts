/** The hours and days of a range. The sums leave out those without a request. Pure. */

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** More days than any range has. Bounds the lists, whatever the answer says. */
const MOST_DAYS = 400;

/** The beginnings of the hours, ISO 8601, as in the sums. */
export function hoursBetween(from: string, to: string): string[] {
  const hours: string[] = [];
  for (let at = Date.parse(from); at < Date.parse(to) && hours.length < MOST_DAYS * 2; at += HOUR_MS) {
    hours.push(new Date(at).toISOString());
  }
  return hours;
}

/**
 * `2026-11-21` and so on. `from` and `to` (ISO 8601) are those of the answer: `from` is the beginning of the relay's first day, which shows
 * how far its clock is ahead of UTC.
 */
export function daysBetween(from: string, to: string): string[] {
  const begin = Date.parse(from);
  const aheadOfUtc = (DAY_MS - (begin % DAY_MS)) % DAY_MS;
  // West of Greenwich the day begins later than UTC's, so more than half a day ahead means behind.
  const offset = aheadOfUtc > 14 * HOUR_MS ? aheadOfUtc - DAY_MS : aheadOfUtc;
  const days: string[] = [];
  for (let at = begin + offset; at < Date.parse(to) + offset && days.length < MOST_DAYS; at += DAY_MS) {
    days.push(new Date(at).toISOString().slice(0, 10));
  }
  return days;
}
