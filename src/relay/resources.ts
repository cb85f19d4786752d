/**
 * The resources of a request in flight: its settlement, its slot at the account that is being asked, and the connection to that
 * account's upstream. The door (src/worker.ts) can reach them, so that all are released if a step throws. How a request that went
 * well is booked is not decided here.
 */
import { record } from "../events.ts";
import { LEASE_TTL_MS } from "../ground/durations.ts";
import type { AccountLease } from "../pool/lease.ts";
import type { Target } from "../pool/target.ts";
import type { Attempt } from "../store/schema.ts";
import type { Usage } from "../vocabulary.ts";
import { type BodyHold, UNCOUNTED } from "./body-hold.ts";
import type { Call } from "./call.ts";
import type { Settle } from "./settle.ts";

export interface Resources {
  /** Null before admission, and for a request that is not booked. */
  settle: Settle | null;
  /** Renews the key's lease for as long as it was granted for; null if there is none. */
  renew: (() => Promise<unknown>) | null;
  /** The target that is being asked, or was asked last. */
  target: Target | null;
  lease: AccountLease | null;
  /** When the latest try began, milliseconds since the epoch. */
  triedAt: number;
  attempts: Attempt[];
  /** The usage of answers that said nothing, at any account. It is booked however the request ends. */
  wasted: Promise<Usage>[];
  /** Its share of the bytes that the isolate holds. */
  body: BodyHold;
  /** Closes the upstream's answer; null while there is none under way. */
  close: (() => void) | null;
}

export function noResources(): Resources {
  return {
    settle: null,
    renew: null,
    target: null,
    lease: null,
    triedAt: 0,
    attempts: [],
    wasted: [],
    body: UNCOUNTED,
    close: null,
  };
}

/** A third of a lease's life, so that two renewals may be lost before it lapses. */
const RENEW_EVERY_MS = LEASE_TTL_MS / 3;

/**
 * Renews the leases of a request while its stream lives, until the returned function is called. Only streams need it: a whole answer,
 * and what comes before a stream, end long before a lease lapses (deadline.ts).
 */
export function keepLeases({ id, ctx, resources }: Pick<Call, "id" | "ctx" | "resources">): () => void {
  const renew = async () => {
    const renewals = await Promise.allSettled([resources.renew?.(), resources.lease?.renew()]);
    const failed = renewals.find((renewal) => renewal.status === "rejected");
    if (failed) record({ event: "lease_not_renewed", request: id, error: failed.reason });
  };
  const timer = setInterval(() => ctx.waitUntil(renew()), RENEW_EVERY_MS);
  return () => clearInterval(timer);
}

/** What the request log shows for a client that closed the connection first; it is nginx's status. */
export const CLIENT_LEFT_STATUS = 499;

/** Whether the client has hung up. Then nobody reads an answer, and all resources must be released. */
export function clientHasLeft(call: Pick<Call, "http">): boolean {
  return call.http.signal.aborted;
}

/** Logs an exception where none should be. */
export function recordBug({ id }: Pick<Call, "id">, error: unknown): void {
  record({ event: "request_failed", request: id, error: error instanceof Error ? error.stack : error });
}

/**
 * Releases the resources of a request that cannot go on because a step threw or its client left, and books it as such. A request
 * that is settled already stays as it is.
 */
export function releaseAfterFailure(call: Pick<Call, "id" | "http" | "ctx" | "resources">, error: unknown): void {
  const left = clientHasLeft(call);
  // Reading from or writing to a client that has gone throws; that is no bug.
  if (!left) recordBug(call, error);
  const { settle, target, lease, attempts, wasted, close } = call.resources;
  close?.();
  const ending = left
    ? { status: CLIENT_LEFT_STATUS, outcome: "client_left" as const, estimated: target !== null }
    : { status: 500, outcome: "internal" as const };
  if (settle) call.ctx.waitUntil(settle({ ...ending, target, lease, attempts, wasted }));
  // Does nothing if the settlement has released it.
  if (lease) call.ctx.waitUntil(lease.release(0));
}
