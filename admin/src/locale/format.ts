/**
 * Figures and times as the console prints them, in one language. Pure: `now` is an argument; no time zone means the
 * browser's own.
 */
import type { Strings } from "./en.ts";
import type { Locale } from "./locale.ts";

/** Day before month, and 24 hours, in English too. */
const INTL: Record<Locale, string> = { en: "en-GB", "zh-CN": "zh-CN" };

export interface Formats {
  /** 1234567 → "1,234,567". Exact, never rounded to "1.2M": these figures are compared with provider invoices. */
  count(count: number): string;
  /** Milliseconds → "840 ms", "1.24 s", "12.4 s", "3 m 05 s"; null → a dash. */
  duration(milliseconds: number | null): string;
  /** "14:03:22" for today, "20 Nov 14:03" before that. `iso` is ISO 8601, `now` milliseconds since the epoch. */
  time(iso: string, now: number): string;
  /** "21 Nov 2026, 14:03". */
  date(iso: string): string;
}

/** Makes each formatter once: making one costs more than a hundred uses of it. */
export function formatsFor(locale: Locale, units: Strings["units"], timeZone?: string): Formats {
  const tag = INTL[locale];
  const zone = timeZone === undefined ? {} : { timeZone };
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  const dates = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(tag, { ...options, ...zone });
  const figures = (digits: number) =>
    new Intl.NumberFormat(tag, { minimumFractionDigits: digits, maximumFractionDigits: digits });

  const whole = figures(0);
  const tenths = figures(1);
  const hundredths = figures(2);
  const sameDay = dates({ dateStyle: "short" });
  const ofToday = dates({ ...clock, second: "2-digit" });
  const dayOnly = dates({ day: "numeric", month: "short" });
  const clockOnly = dates(clock);
  const dayAndYear = dates({ day: "numeric", month: "short", year: "numeric", ...clock });

  return {
    count: (count) => whole.format(count),

    duration(milliseconds) {
      if (milliseconds === null) return units.none;
      if (milliseconds < 999.5) return units.milliseconds(whole.format(milliseconds));
      if (milliseconds < 9_995) return units.seconds(hundredths.format(milliseconds / 1_000));
      if (milliseconds < 59_950) return units.seconds(tenths.format(milliseconds / 1_000));
      const seconds = Math.round(milliseconds / 1_000);
      return units.minutes(whole.format(Math.floor(seconds / 60)), String(seconds % 60).padStart(2, "0"));
    },

    time(iso, now) {
      const date = new Date(iso);
      if (sameDay.format(date) === sameDay.format(now)) return ofToday.format(date);
      return `${dayOnly.format(date)} ${clockOnly.format(date)}`;
    },

    date: (iso) => dayAndYear.format(new Date(iso)),
  };
}
