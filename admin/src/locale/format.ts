/**
 * Figures and times as the console prints them, in one language. Pure: `now` is an argument. Without a time zone, the browser's own is
 * used.
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
  /** To the second, with the zone: "21 Nov 2026, 14:03:22 GMT+8". */
  moment(iso: string): string;
  /** "21 Nov". */
  day(iso: string): string;
  /** `2026-11-21`, a day without a zone → "21 Nov". */
  calendarDay(day: string): string;
  /** "14:00". */
  hour(iso: string): string;
  /** "3 minutes ago", "in 2 hours"; the date from a month on. */
  ago(iso: string, now: number): string;
  /** Decimal USD: "$12.40"; below a dollar with two figures that are not leading zeros: "$0.0031". */
  usd(amount: string | number): string;
  /** Decimal USD to its last figure, as a price is set and compared: "$0.375", "$15.00". */
  price(amount: string | number): string;
  /** 0.1234 → "12%", 0.0123 → "1.2%". More than nothing is never "0%", and less than all is never "100%". */
  share(share: number): string;
  /** If there is no room for all of it: 1234567 → "1.2M". */
  short(count: number): string;
}

/** A unit, its length in seconds, and the number of seconds from which the next one is used. */
const STEPS: readonly [Intl.RelativeTimeFormatUnit, length: number, until: number][] = [
  ["second", 1, 60],
  ["minute", 60, 3_600],
  ["hour", 3_600, 86_400],
  ["day", 86_400, 30 * 86_400],
];

/** Makes each formatter once, because making one costs more than a hundred uses of it. */
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
  const toTheSecond = dates({
    ...{ day: "numeric", month: "short", year: "numeric", ...clock, second: "2-digit" },
    timeZoneName: "shortOffset",
  });
  const ofCalendar = new Intl.DateTimeFormat(tag, { day: "numeric", month: "short", timeZone: "UTC" });
  const relative = new Intl.RelativeTimeFormat(tag, { numeric: "auto" });
  // British English writes a million as "m", which reads as a thousandth.
  const compact = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
  const dollars = { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol" } as const;
  const cents = new Intl.NumberFormat(tag, { ...dollars, minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const exact = new Intl.NumberFormat(tag, { ...dollars, minimumFractionDigits: 2, maximumFractionDigits: 9 });
  const fractions = new Intl.NumberFormat(tag, {
    ...dollars,
    minimumSignificantDigits: 2,
    maximumSignificantDigits: 2,
  });
  const percents = (digits: number) => new Intl.NumberFormat(tag, { style: "percent", maximumFractionDigits: digits });
  const wholePercents = percents(0);
  const smallPercents = percents(1);

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
    moment: (iso) => toTheSecond.format(new Date(iso)),
    day: (iso) => dayOnly.format(new Date(iso)),
    calendarDay: (day) => ofCalendar.format(new Date(`${day}T00:00:00Z`)),
    hour: (iso) => clockOnly.format(new Date(iso)),

    ago(iso, now) {
      const seconds = (new Date(iso).getTime() - now) / 1_000;
      for (const [unit, length, until] of STEPS) {
        if (Math.abs(seconds) < until) return relative.format(Math.trunc(seconds / length), unit);
      }
      return dayAndYear.format(new Date(iso));
    },

    usd(amount) {
      const value = Number(amount);
      return (value === 0 || Math.abs(value) >= 0.995 ? cents : fractions).format(value);
    },
    price: (amount) => exact.format(Number(amount)),
    share(share) {
      // Little is not nothing, and nearly all is not all.
      if (share > 0 && share < 0.0005) return `<${smallPercents.format(0.001)}`;
      if (share >= 0.995 && share < 1) return smallPercents.format(Math.min(share, 0.999));
      return (Math.abs(share) < 0.0995 ? smallPercents : wholePercents).format(share);
    },
    short: (count) => (Math.abs(count) < 10_000 ? whole : compact).format(count),
  };
}
