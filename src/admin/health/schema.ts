/** How the relay itself is. */
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
  /** `warn`: the relay serves, and somebody should look. `failed`: it does not do what this stands for. */
  status: "ok" | "warn" | "failed";
  /** An English sentence; null where all is well. */
  detail: string | null;
  /** How long the look took. */
  ms: number;
}

export interface HealthView {
  /** The worst of the checks. */
  status: CheckView["status"];
  checks: CheckView[];
  /** Whose allowance of the free plan is used up today, and when it is there again. */
  used_up: { of: UsedUp; until: string }[];
  /** By the gates that are in use, 20 at the most; null: they could not be asked. */
  ledger: {
    in_flight: number;
    /** Booked requests that are not in D1 yet. */
    waiting: number;
    /** Those that D1 has refused for their own sake. */
    quarantined: number;
    gates_asked: number;
    gates_unreachable: number;
  } | null;
  /** When a gate wrote to D1 last, by the keys of the log's newest rows; null: the log is empty, or D1 does not say. */
  last_flush_at: string | null;
  cron: { last_run_at: string; ms: number; failed_jobs: string[] } | null;
  price_feed: { at: string; ok: boolean } | null;
  /** The backup that the relay makes by itself; null: it is not set up. */
  backup: {
    /** The last one that is whole, by its name in the bucket. */
    last: { name: string; ended_at: string; bytes: number } | null;
    under_way_since: string | null;
    /** When the last step failed, and why, as an English sentence; null: it did not. */
    failure: { at: string; why: string } | null;
  } | null;
}
