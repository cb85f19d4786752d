/**
 * The free-plan ledger: what relayed requests are charged, counted on a relay with stand-ins for its bindings (see counting-worker.ts).
 * Nothing is sped up: a load is over only when the gate's own alarm has booked all of it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Counts, minus, NO_COUNTS, per, plus, SHARED } from "./counts.ts";
import { run } from "./load.ts";
import { CLIENT_HEADERS, requestBody } from "./messages.ts";
import { type RunningRelay, reportOf } from "./workers.ts";

export interface LedgerCase {
  name: string;
  path: string;
  requests: number;
  concurrency: number;
  /** From the start of one request to the start of the next, for a client that pauses; 0: no pause. */
  everyMs: number;
  targets: Partial<Counts>;
}

export interface LedgerResult {
  name: string;
  requests: number;
  targets: Partial<Counts>;
  counts: Counts;
  perRequest: Counts;
}

export const LONE: LedgerCase = {
  name: "one lone request, relay and key just started",
  path: "v1/messages?events=10&pause=30",
  requests: 1,
  concurrency: 1,
  everyMs: 0,
  targets: {},
};

/** The cost at which the free plan allows 80,000 requests a day. */
const A_REQUEST = { objectRequests: 1.25, objectRowsWritten: 1.25, d1RowsWritten: 1.25 };

/** Seventeen turns are settled between two alarms: this counts three minutes of such an agent, including the end. */
export const STEADY: LedgerCase = {
  name: "one agent: an answer of 8 s every 10 s",
  path: "v1/messages?events=80&pause=100",
  requests: 17,
  concurrency: 1,
  everyMs: 10_000,
  targets: A_REQUEST,
};

export const BUSY: LedgerCase = {
  name: "busy: 8 at a time, answers of 0.3 s",
  path: "v1/messages?events=30&pause=10",
  requests: 400,
  concurrency: 8,
  everyMs: 0,
  targets: A_REQUEST,
};

/** An alarm comes three minutes after the first request that it books. Beyond this, something is wrong. */
const BOOKED_WITHIN_MS = 240_000;

const body = requestBody(20_000, true);

export interface Counting {
  /** The requests have been answered. */
  answered: Promise<void>;
  /** Everything has been booked in D1, and counted. */
  result: Promise<LedgerResult>;
}

/** Runs a load against a counting relay, under a key of its own. Loads of one relay must not overlap until answered. */
export function countLoad(relay: RunningRelay, load: LedgerCase): Counting {
  const sent = send(relay, load);
  const result = sent.then(async ({ keyId, before, shared }) => {
    await allBooked(relay, keyId, load.requests);
    const counts = plus(minus(await countsOf(relay, keyId), before), shared);
    const { name, requests, targets } = load;
    return { name, requests, targets, counts, perRequest: per(counts, requests) };
  });
  return { answered: sent.then(() => undefined), result };
}

async function send(relay: RunningRelay, load: LedgerCase): Promise<{ keyId: string; before: Counts; shared: Counts }> {
  const key = await relay.makeKey(load.name);
  const before = await countsOf(relay, key.id);
  const sharedBefore = await countsOf(relay, SHARED);
  const headers = { ...CLIENT_HEADERS, "x-api-key": key.secret };
  const one = { url: `${relay.url}${load.path}`, headers, body, concurrency: load.concurrency };
  if (load.everyMs === 0) {
    await run({ ...one, requests: load.requests });
  } else {
    for (let turn = 0; turn < load.requests; turn++) {
      await Promise.all([run({ ...one, requests: 1 }), sleep(load.everyMs)]);
    }
  }
  return { keyId: key.id, before, shared: minus(await countsOf(relay, SHARED), sharedBefore) };
}

async function allBooked(relay: RunningRelay, keyId: string, requests: number): Promise<void> {
  for (const deadline = Date.now() + BOOKED_WITHIN_MS; Date.now() < deadline; await sleep(1_000)) {
    const report = await reportOf(relay, keyId);
    if (report.requests === requests && report.unflushed === 0) return;
  }
  throw new Error("The ledger's requests were not booked in time");
}

async function countsOf(relay: RunningRelay, scope: string): Promise<Counts> {
  const response = await fetch(`${relay.url}bench/ledger`);
  const tally = (await response.json()) as Record<string, Counts>;
  return tally[scope] ?? NO_COUNTS;
}
