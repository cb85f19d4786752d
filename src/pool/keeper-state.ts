/** What an account's Keeper stores as `state`, and how a state of an older version becomes one of this version. */
import type { Fault } from "../providers/faults.ts";
import { type AccountHealth, HEALTHY } from "./health.ts";
import type { Slots } from "./slots.ts";

/** One line of the account's error history. */
export interface AccountError {
  /** Chosen by whoever reports the fault, so that a repeated report counts once. */
  id?: string;
  at: number;
  status: number;
  condition: string;
  class: Fault["class"];
  until: number | null;
}

export interface KeeperState extends Slots {
  health: AccountHealth;
  errors: AccountError[];
  /** The account of this Keeper; null until its health has changed. */
  accountId: string | null;
  /** How often the health has changed, and up to which change D1 has it. */
  revision: number;
  written: number;
}

const NEW_STATE: KeeperState = {
  health: HEALTHY,
  leases: [],
  lapsed: [],
  day: { startedAt: 0, costNanos: 0 },
  errors: [],
  accountId: null,
  revision: 0,
  written: 0,
};

/** The stored state, or a new one. A state of an older version lacks fields: its slots have no estimate, its health has no windows. */
export function restored(stored: Partial<KeeperState> = {}): KeeperState {
  const leases = (stored.leases ?? []).map((slot) => ({ ...slot, estimateNanos: slot.estimateNanos ?? 0 }));
  return { ...NEW_STATE, ...stored, health: { ...HEALTHY, ...stored.health }, leases };
}
