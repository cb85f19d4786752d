/** How figures and times are written on a terminal, and read from it. Pure. */
import { InvalidArgumentError } from "@commander-js/extra-typings";

/** A time of the API, in UTC: `2026-11-27 08:00`. Empty if there is none. */
export function when(iso: string | null): string {
  return iso === null ? "" : iso.slice(0, 16).replace("T", " ");
}

/** 0 to 1 as a percentage. */
export function share(part: number | null): string {
  return part === null ? "none" : `${(part * 100).toFixed(1)}%`;
}

/** How much of a list is shown by default. */
export const MOST = 100;

/** The value of `--limit`. */
export function atMost(typed: string): number {
  const count = Number(typed);
  if (!/^\d{1,6}$/.test(typed) || count < 1) throw new InvalidArgumentError("It is a whole number from 1 on.");
  return count;
}
