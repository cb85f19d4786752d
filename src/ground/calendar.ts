/**
 * Day and week borders in the relay's own offset from UTC. A fixed offset, not a time zone: a budget day is always
 * 24 hours long. All values are milliseconds since the epoch.
 */
import { DAY_MS, HOUR_MS, WEEK_MS } from "./durations.ts";

/** The time, and the offset of the relay's own days. */
export interface Clock {
  now: number;
  /** TIMEZONE_OFFSET: how far the relay's midnight is ahead of UTC's. */
  offsetHours: number;
}

/** 1 January 1970 was a Thursday. */
const EPOCH_WEEKDAY = 4;

/** The latest local midnight at or before `now`. */
export function dayStart(now: number, offsetHours: number): number {
  const shift = offsetHours * HOUR_MS;
  return Math.floor((now + shift) / DAY_MS) * DAY_MS - shift;
}

/** The latest weekly reset at or before `now`: `day` 0 = Sunday … 6 = Saturday, `hour` 0-23, both local. */
export function weekStart(now: number, offsetHours: number, day: number, hour: number): number {
  const shift = offsetHours * HOUR_MS - (day - EPOCH_WEEKDAY) * DAY_MS - hour * HOUR_MS;
  return Math.floor((now + shift) / WEEK_MS) * WEEK_MS - shift;
}
