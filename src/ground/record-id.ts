/**
 * Time-ordered ids: a prefix, 48 bits of milliseconds and 80 random bits, both in hex. Sorting by id is sorting by
 * time, so the tables keyed by one need no index on time.
 */
import { toHex } from "./hex.ts";

/** `req_018f…`: unique, sortable, 32 hex characters after the prefix. `now` in milliseconds since the epoch. */
export function recordId(prefix: string, now: number): string {
  return `${prefix}_${timePart(now)}${toHex(crypto.getRandomValues(new Uint8Array(10)))}`;
}

/** The smallest id with that prefix at `time` (milliseconds since the epoch): the bound of a range scan. */
export function firstIdAt(prefix: string, time: number): string {
  return `${prefix}_${timePart(time)}`;
}

function timePart(time: number): string {
  return Math.max(0, Math.floor(time)).toString(16).padStart(12, "0");
}
