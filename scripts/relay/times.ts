/** Times as people type them: `24h`, `7d`, a day, or ISO 8601. Pure. */
import { failed, type Outcome } from "./failure.ts";

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const;

/** The description of times in `--help`. */
export const TIME_FORMS = "24h, 7d, 2026-11-27 or ISO 8601 with a zone";

/** ISO 8601 in UTC, which the API takes. `now` in milliseconds since the epoch. */
export function timeIn(typed: string, now: number): Outcome<string> {
  const [, count, unit] = /^(\d{1,5})([mhdw])$/.exec(typed) ?? [];
  if (count && unit) return isoOf(now - Number(count) * UNITS[unit as keyof typeof UNITS], typed);
  if (/^\d{4}-\d{2}-\d{2}(?:T.*(?:Z|[+-]\d{2}:\d{2}))?$/.test(typed)) return isoOf(Date.parse(typed), typed);
  return isoOf(Number.NaN, typed);
}

function isoOf(time: number, typed: string): Outcome<string> {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return failed("usage", `${typed} is no time.`, `Say it as ${TIME_FORMS}.`);
  return { ok: true, value: date.toISOString() };
}

/** The options `--from` and `--to` as members of a query. Options that are not given are left out. */
export function rangeIn(
  { from, to }: { from?: string | undefined; to?: string | undefined },
  now: number,
): Outcome<{ from?: string; to?: string }> {
  const range: { from?: string; to?: string } = {};
  for (const [name, typed] of [["from", from] as const, ["to", to] as const]) {
    if (typed === undefined) continue;
    const time = timeIn(typed, now);
    if (!time.ok) return time;
    range[name] = time.value;
  }
  return { ok: true, value: range };
}
