/** The hours in which only urgent alerts are sent, in the relay's own offset from UTC. Pure. */
import { HOUR_MS } from "../ground/durations.ts";

export interface QuietHours {
  /** Such as `22:00`. */
  from: string;
  /** Such as `08:00`. If it is before `from`, it is on the next day. */
  to: string;
}

export function isQuiet(hours: QuietHours | null, { now, offsetHours }: { now: number; offsetHours: number }): boolean {
  if (!hours) return false;
  const local = new Date(now + offsetHours * HOUR_MS);
  const minute = local.getUTCHours() * 60 + local.getUTCMinutes();
  const [from, to] = [minuteOf(hours.from), minuteOf(hours.to)];
  return from <= to ? minute >= from && minute < to : minute >= from || minute < to;
}

function minuteOf(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(":").map(Number);
  return hours * 60 + minutes;
}
