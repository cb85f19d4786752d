/** The health of the relay itself. */
import type { UsedUp } from "../../ground/free-plan.ts";

export const CHECKS = [
  "secrets",
  "d1_reads",
  "d1_writes",
  "kv",
  "gates",
  "vault",
  "accounts",
  "prices",
  "cron",
  "backup",
] as const;
export type CheckName = (typeof CHECKS)[number];

export interface CheckView {
  name: CheckName;
  /** `warn`: the relay serves, but somebody should look. `failed`: what this check stands for does not work. */
  status: "ok" | "warn" | "failed";
  /** An English sentence; null if all is well. */
  detail: string | null;
  /** How long the check took. */
  ms: number;
}

export interface HealthView {
  /** The worst of the checks. */
  status: CheckView["status"];
  checks: CheckView[];
  /** The services whose allowance of the free plan is used up today, and when it is available again. */
  used_up: { of: UsedUp; until: string }[];
  /** Reported by at most 20 gates that are in use; null: they could not be asked. */
  ledger: {
    in_flight: number;
    /** Booked requests that are not in D1 yet. */
    waiting: number;
    /** Booked requests that D1 has refused because of their content. */
    quarantined: number;
    gates_asked: number;
    gates_unreachable: number;
  } | null;
  /** When a gate last wrote to D1, found by the keys of the log's newest rows; null: the log is empty, or D1 does not answer. */
  last_flush_at: string | null;
  cron: { last_run_at: string; ms: number; failed_jobs: string[] } | null;
  price_feed: { at: string; ok: boolean } | null;
  /** The relay's scheduled backup; null: it is not set up. */
  backup: {
    /** The last whole backup, by its name in the bucket. */
    last: { name: string; ended_at: string; bytes: number } | null;
    under_way_since: string | null;
    /** When the last step failed, and why, as an English sentence; null: it did not fail. */
    failure: { at: string; why: string } | null;
  } | null;
}
