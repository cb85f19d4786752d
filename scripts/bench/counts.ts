/** What Cloudflare counts against a plan, and how many requests the free plan allows at that cost. Pure. */

export interface Counts {
  /** Calls of an object's methods, and its alarms. */
  objectRequests: number;
  /** How many of those were alarms. */
  alarms: number;
  objectRowsWritten: number;
  d1RowsWritten: number;
  d1RowsRead: number;
  kvReads: number;
  /** Writes, deletes and lists: three allowances of the same size. */
  kvWrites: number;
}

/** What is not counted for a key: what the Worker itself does, and the objects of accounts. */
export const SHARED = "shared";

export const NO_COUNTS: Counts = {
  objectRequests: 0,
  alarms: 0,
  objectRowsWritten: 0,
  d1RowsWritten: 0,
  d1RowsRead: 0,
  kvReads: 0,
  kvWrites: 0,
};

/** The free plan's allowance per day (Cloudflare's limits pages, 2026-11). An alarm counts as an object request. */
const FREE_PER_DAY = {
  objectRequests: [100_000, "object requests"],
  objectRowsWritten: [100_000, "object rows written"],
  d1RowsWritten: [100_000, "D1 rows written"],
  d1RowsRead: [5_000_000, "D1 rows read"],
  kvReads: [100_000, "KV reads"],
  kvWrites: [1_000, "KV writes"],
} as const satisfies Partial<Record<keyof Counts, readonly [number, string]>>;

const FREE_WORKER_REQUESTS = 100_000;

export function minus(after: Counts, before: Counts): Counts {
  return mapped((field) => after[field] - before[field]);
}

export function plus(one: Counts, other: Counts): Counts {
  return mapped((field) => one[field] + other[field]);
}

export function per(counts: Counts, requests: number): Counts {
  return mapped((field) => counts[field] / requests);
}

/** How many requests a day the free plan allows at this cost per request, and what runs out first. */
export function freePlan(perRequest: Counts): { requestsPerDay: number; limit: string } {
  let best = { requestsPerDay: FREE_WORKER_REQUESTS, limit: "Worker requests" };
  for (const field of Object.keys(FREE_PER_DAY) as (keyof typeof FREE_PER_DAY)[]) {
    const [allowance, limit] = FREE_PER_DAY[field];
    const requestsPerDay = Math.floor(allowance / perRequest[field]);
    if (requestsPerDay < best.requestsPerDay) best = { requestsPerDay, limit };
  }
  return best;
}

function mapped(value: (field: keyof Counts) => number): Counts {
  const result = { ...NO_COUNTS };
  for (const field of Object.keys(NO_COUNTS) as (keyof Counts)[]) result[field] = value(field);
  return result;
}
