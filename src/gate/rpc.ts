/**
 * The arguments and answers of a key's gate. They cross an object boundary, so they are plain values, except for one function, which
 * crosses as a stub.
 */
import type { Allowance } from "../ground/allowance.ts";
import type { KeyPolicy } from "../keys/policy.ts";
import type { Refusal } from "../refusal.ts";
import type { Entry } from "../store/entry.ts";
import type { Aliases, AliasTarget, Platform, Result } from "../vocabulary.ts";
import type { Lease, LimitInput, LimitState } from "./limits.ts";
import type { RefusalCounts } from "./refusal-counts.ts";
import type { RuleInput } from "./rules.ts";
import type { KeyStanding } from "./standing.ts";

export interface AdmitInput extends RuleInput, LimitInput {
  /** False for requests that use nothing up (token counting, lists): rules and expiry hold, no lease is taken. */
  takesLease: boolean;
  /** How long its client can wait in the queue, in milliseconds; missing: as long as the key's policy says. */
  longestWaitMs?: number;
  /** The conversation it belongs to; null if that is not known. */
  session: string | null;
  /** What the key's own aliases make of the model, as far as the Worker knows them; null or missing: none of them names it. */
  keyChain?: readonly AliasTarget[] | null;
  /** A stored response that the request goes on from or asks for. */
  responseId: string | null;
  /**
   * What is booked as `lost` if the lease lapses before anybody settles it: the request as far as it is known, with its usage
   * estimated, at list price (the gate applies the key's multiplier). Null without a lease.
   */
  estimate: Entry | null;
  /** What was refused without asking this gate; it is counted with what the gate refuses itself. */
  refusals?: RefusalCounts;
  /** Earlier requests of the same key; they are booked first. */
  settlements: readonly Settlement[];
  /** The write of this gate that the Worker's isolate waits for already (`Admitted.write`). */
  awaitedWrite?: string;
}

/** What the Worker needs to know of the key once a request is admitted. */
export interface Admission {
  /** The platforms, among those asked for, that the key may use; best first. */
  platforms: Platform[];
  boundAccountId: string | null;
  boundGroupId: string | null;
  costMultiplierMilli: number;
  /** Whose key it is; null if that is not known: then no account that is somebody's own serves it. */
  owner: string | null;
  /** The account that served this session last. */
  stickyAccountId: string | null;
  /** The account that has the stored response asked for; null: as far as the gate remembers, this key has no such response. */
  responseAccountId: string | null;
  /** The key's model rules, for requests that are not about one model. */
  allowedModels: string[];
  deniedModels: string[];
  /** Its aliases, for the same. */
  modelAliases: Aliases;
  /** The number of the grant, for its settlement; 0 if no lease was taken. */
  grant: number;
  /** How long the settlement may wait for company, in milliseconds; 0: send it at once. */
  settleWithinMs: number;
  /** The key's own limits, with what is used of each, this request's admission included. */
  allowances: Allowance[];
}

/**
 * Resolves when it is so, some 200 ms later; rejects where the object has died before. Asking is no request of its own:
 * calls of a stub that a call has returned are not billed.
 */
export type Stored = (() => Promise<void>) & Partial<Disposable>;

/** What an admission is answered. */
export type Admitted = Result<Admission, Refusal> & {
  /** The write that stores what rode along, by a name that no other has; missing: it is stored already. */
  write?: string;
  /**
   * That this write is done; missing where the Worker waits for it already, since a stub costs more than all the rest of an
   * answer. It keeps the object in memory, where time is billed, so whoever gets it asks at once and disposes of it.
   */
  stored?: Stored;
};

/** What the gate would answer to a request: the refusal, or null, and in either case what its key may use. */
export interface Explained {
  refusal: Refusal | null;
  admission: Admission;
}

/** How an admitted request ended. */
export interface Settlement {
  leaseId: string;
  /** The number that the admission said. It tells a repetition from a lease that was lost in a crash. */
  grant: number;
  entry: Entry;
  /** The session that goes on with the account that served it; null leaves it where it was. */
  session: string | null;
  /** A response that the provider stores: from now on it belongs to this key. */
  response?: { id: string };
  /** How long it has waited in the Worker since the request ended, in milliseconds. */
  waitedMs?: number;
}

/** The key's live figures. */
export interface Report extends Pick<LimitState, "firstUsedAt" | "window" | "day" | "week" | "totals"> {
  policy: KeyPolicy;
  /** Whether the key may be used, and why not. */
  standing: KeyStanding;
  /** The requests in flight. */
  leases: (Pick<Lease, "id" | "expiresAt"> & {
    /** What is known of the request; null if nothing would be booked for it. */
    request: Pick<Entry, "time" | "model" | "client" | "protocol" | "stream"> | null;
  })[];
  expiresAt: number | null;
  /** Booked and not in D1 yet. */
  unflushed: number;
  /** Booked, but refused by D1 because of what is in them, and kept here. */
  quarantined: number;
  /** How many writes to D1 have failed in a row; 0: the last one has not. */
  failedFlushes: number;
}

/** The report, and the rows of D1 that are set aside for the holder's read; null: not so many are left today. */
export interface HolderReport extends Report {
  rows: number | null;
}
