/** What `doctor` may find: a stable name, what is wrong, and what to do. */
import type { Cause, Failure } from "../failure.ts";

/** Findings that only `doctor` looks for. */
const OWN = [
  "wrong_base_url",
  "clock_skew",
  "other_version",
  "free_limit_near",
  "region_block",
  "provider_blocked",
  "provider_unreachable",
  "no_account",
  "account_trouble",
  "unwell",
  "private_upstreams",
] as const;

/** What an answer alone can show. */
const OF_ANSWERS = [
  "no_connection",
  "workers_dev_blocked",
  "access_in_front",
  "bot_protection",
  "free_limit_reached",
  "cpu_limit",
  "worker_threw",
  "no_worker_there",
  "moved",
  "not_a_relay",
  "allowance_used_up",
  "stale_schema",
  "missing_secret",
  "not_signed_in",
  "sign_in_slowed_down",
  "refused",
] as const satisfies readonly Cause[];

/** All of them. `docs/command-line.md` has a line for each. */
export const FINDINGS = [...OF_ANSWERS, ...OWN] as const;
export type FindingName = (typeof FINDINGS)[number];

export interface Finding {
  name: FindingName;
  /** `fault`: something does not work. `warning`: it works, but somebody should know. */
  level: "fault" | "warning";
  message: string;
  /** What to do; null if the message says it. */
  advice: string | null;
}

export function fault(name: FindingName, message: string, advice: string | null = null): Finding {
  return { name, level: "fault", message, advice };
}

export function warning(name: FindingName, message: string, advice: string | null = null): Finding {
  return { name, level: "warning", message, advice };
}

/** A request that failed is a finding. `about`: what it was for. */
export function findingOf({ cause, message, advice }: Failure, about = ""): Finding {
  return fault(cause ?? "refused", about === "" ? message : `${about}: ${message}`, advice ?? null);
}
