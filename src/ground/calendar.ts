/**
 * Day and week borders in the relay's own offset from UTC. A fixed offset, not a time zone: a budget day is always
 * 24 hours long. All values are milliseconds since the epoch.
 */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
/** 1 January 1970 was a Thursday. */
const EPOCH_WEEKDAY = 4;

/** The latest local midnight at or before `now`. */
export function dayStart(now: number, offsetHours: number): number {
  const shift = offsetHours * HOUR;
  return Math.floor((now + shift) / DAY) * DAY - shift;
}

/** The latest weekly reset at or before `now`: `day` 0 = Sunday … 6 = Saturday, `hour` 0-23, both local. */
export function weekStart(now: number, offsetHours: number, day: number, hour: number): number {
  const shift = offsetHours * HOUR - (day - EPOCH_WEEKDAY) * DAY - hour * HOUR;
  return Math.floor((now + shift) / WEEK) * WEEK - shift;
}
