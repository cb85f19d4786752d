/**
 * What a gate stores. It is one value, because every write of a value is a billed row.
 */
import { DAY_MS } from "../ground/durations.ts";
import { type KeyPolicy, OPEN_POLICY } from "../keys/policy.ts";
import type { Entry } from "../store/entry.ts";
import * as leases from "./leases.ts";
import * as limits from "./limits.ts";
import { NO_USE } from "./meter.ts";
import { EMPTY_OUTBOX, type OutboxState } from "./outbox.ts";
import type { RefusalCounts } from "./refusal-counts.ts";
import type { Session } from "./sessions.ts";

export interface GateState extends OutboxState {
  /** Null: deleted, or never known. */
  policy: KeyPolicy | null;
  /** The `updated_at` of the row that it came from. */
  policyVersion: number;
  /** By what a deleted key is still booked; null: it is not deleted, or an older version stored the state without it. */
  lastPolicy: KeyPolicy | null;
  /** Whose key it is; null: an older version stored the state without it. */
  owner: string | null;
  limits: limits.LimitState;
  sessions: Session[];
  /** Stored responses of this key and the accounts that have them, newest last (responses.ts). */
  responses: string;
  /** Corrections already applied, newest last. */
  corrections: string[];
  /** How often the key was refused in the hours that D1 may not have in full; `due`: D1 lacks some of it. */
  refusals: { due: boolean; counts: RefusalCounts };
  /** When the alarm will ring, milliseconds since the epoch; a time in the past: it is not set. */
  alarmAt: number;
}

const NEW_STATE: GateState = {
  ...EMPTY_OUTBOX,
  policy: null,
  policyVersion: 0,
  lastPolicy: null,
  owner: null,
  limits: limits.NEW_STATE,
  sessions: [],
  responses: "",
  corrections: [],
  refusals: { due: false, counts: {} },
  alarmAt: 0,
};

export const STATE = "state";

/** The stored state, or a new one. A state of an older version may lack fields, which get their defaults. */
export function openState(kv: SyncKvStorage, now: number): GateState {
  const stored = kv.get<GateState>(STATE);
  return {
    ...NEW_STATE,
    // A new object each time, because it is counted up in place.
    refusals: { due: false, counts: {} },
    ...stored,
    meter: { ...NO_USE, ...stored?.meter },
    limits: leases.restarted({ ...limits.NEW_STATE, ...stored?.limits }, now),
    pending: (stored?.pending ?? []).filter((entry) => !isInD1(entry, now)),
  };
}

/**
 * Whether the entry has long been in D1. An earlier version numbered its entries, and kept them stored after a small flush. Today an
 * entry's row in the log shows that it is in D1. The row of such an old entry may have been deleted, so its age must show it.
 */
function isInD1(entry: Entry, now: number): boolean {
  return "seq" in entry && entry.time < now - DAY_MS;
}

/** Takes what D1 or an administrator says of the key. */
export function takeKey(state: GateState, key: Pick<GateState, "policy" | "policyVersion" | "owner">): void {
  state.lastPolicy = key.policy ? null : (state.policy ?? state.lastPolicy);
  Object.assign(state, key);
}

/** By what requests are booked. A deleted key keeps its last policy, so that its window and week go on if it is restored. */
export function booksBy({ policy, lastPolicy }: GateState): KeyPolicy {
  return policy ?? lastPolicy ?? OPEN_POLICY;
}
