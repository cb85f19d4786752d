/** How figures and times are told on a terminal. Pure. */

/** A time of the API, in UTC: `2026-11-27 08:00`. Empty where there is none. */
export function when(iso: string | null): string {
  return iso === null ? "" : iso.slice(0, 16).replace("T", " ");
}

/** 0 to 1 as a percentage. */
export function share(part: number | null): string {
  return part === null ? "none" : `${(part * 100).toFixed(1)}%`;
}
