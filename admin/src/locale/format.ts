/**
 * Figures and times as the console prints them. Pure: `now` and the time zone are arguments; no time zone means the
 * browser's own.
 */
import { strings } from "./en.ts";

const LOCALE = "en-GB";

/** 1234567 → "1,234,567". Exact, never rounded to "1.2M": these figures are compared with provider invoices. */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

/** Milliseconds → "840 ms", "1.24 s", "12.4 s", "3 m 05 s"; null → a dash. */
export function formatDuration(milliseconds: number | null): string {
  if (milliseconds === null) return strings.none;
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 9_995) return `${(milliseconds / 1_000).toFixed(2)} s`;
  if (milliseconds < 59_950) return `${(milliseconds / 1_000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1_000);
  return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, "0")} s`;
}

/** "14:03:22" for today, "20 Nov 14:03" before that. `iso` is ISO 8601, `now` milliseconds since the epoch. */
export function formatTime(iso: string, now: number, timeZone?: string): string {
  const date = new Date(iso);
  const zone = zoneOption(timeZone);
  const day = new Intl.DateTimeFormat(LOCALE, { dateStyle: "short", ...zone });
  if (day.format(date) === day.format(now)) {
    return new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit", second: "2-digit", ...zone }).format(
      date,
    );
  }
  return `${formatDay(date, zone)} ${formatClock(date, zone)}`;
}

/** "21 Nov 2026, 14:03". */
export function formatDate(iso: string, timeZone?: string): string {
  const date = new Date(iso);
  const zone = zoneOption(timeZone);
  const year = new Intl.DateTimeFormat(LOCALE, { year: "numeric", ...zone }).format(date);
  return `${formatDay(date, zone)} ${year}, ${formatClock(date, zone)}`;
}

type Zone = { timeZone?: string };

function zoneOption(timeZone: string | undefined): Zone {
  return timeZone === undefined ? {} : { timeZone };
}

function formatDay(date: Date, zone: Zone): string {
  return new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", ...zone }).format(date);
}

function formatClock(date: Date, zone: Zone): string {
  return new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit", ...zone }).format(date);
}
