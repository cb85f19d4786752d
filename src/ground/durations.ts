/** Spans of time, in milliseconds. */

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
export const WEEK_MS = 7 * DAY_MS;

/** How long a lease is held if nobody renews it: the key's lease, and the account's for the same request. */
export const LEASE_TTL_MS = 15 * MINUTE_MS;
