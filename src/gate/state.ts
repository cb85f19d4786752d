/**
 * What a gate stores, as one value: every write of a value is a billed row.
 */
import * as leases from "./leases.ts";
import * as limits from "./limits.ts";
import { EMPTY_OUTBOX, type OutboxState } from "./outbox.ts";
import type { KeyPolicy } from "./policy.ts";
import type { Session } from "./sessions.ts";

export interface GateState extends OutboxState {
  /** Null: deleted, or never known. */
  policy: KeyPolicy | null;
  /** The `updated_at` of the row that it came from. */
  policyVersion: number;
  limits: limits.LimitState;
  sessions: Session[];
  /** Stored responses of this key and the accounts that have them, newest last (responses.ts). */
  responses: string;
  /** Corrections already applied, newest last. */
  corrections: string[];
  /** When the alarm will ring; in the past: not set. */
  alarmAt: number;
}

const NEW_STATE: GateState = {
  ...EMPTY_OUTBOX,
  policy: null,
  policyVersion: 0,
  limits: limits.NEW_STATE,
  sessions: [],
  responses: "",
  corrections: [],
  alarmAt: 0,
};

export const STATE = "state";

/** The state to begin with: what is stored, which an older version may have done with fewer fields, or a new one. */
export function openState(kv: SyncKvStorage): GateState {
  const stored = kv.get<GateState>(STATE);
  if (!stored) return { ...NEW_STATE };
  return { ...NEW_STATE, ...stored, limits: leases.restarted({ ...limits.NEW_STATE, ...stored.limits }) };
}
