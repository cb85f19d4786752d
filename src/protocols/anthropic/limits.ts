/** A key's limits, in the headers that Anthropic's API uses for its windows. Claude Code reads them from gateways too. */
import { type Allowance, fullestOf, usedShare } from "../../ground/allowance.ts";
import type { Face } from "../../refusal.ts";
import { type HeaderValues, seconds, type WindowNames, windowHeaders } from "../limits.ts";

/** The shares at which Claude Code warns. It warns only if a header says that the threshold has been passed. */
const THRESHOLDS = [0.95, 0.75];
const PREFIX = "anthropic-ratelimit-unified";

const WINDOWS: WindowNames = {
  header: (of, what) => `anthropic-ratelimit-${what}-${of}`,
  reset: (resetAt) => new Date(resetAt).toISOString(),
};

export function used(allowances: readonly Allowance[], now: number): HeaderValues {
  const fullest = fullestOf(allowances);
  return fullest ? { ...unified(fullest), ...windowHeaders(allowances, now, WINDOWS) } : {};
}

/** The fullest of the key's limits, under the claim that names no period: with the other claims Claude Code calculates further. */
function unified(fullest: Allowance): HeaderValues {
  const share = usedShare(fullest);
  const passed = THRESHOLDS.find((threshold) => share >= threshold);
  const status = passed === undefined ? "allowed" : "allowed_warning";
  const reset = fullest.resetAt === null ? null : seconds(fullest.resetAt);
  return {
    [`${PREFIX}-status`]: status,
    [`${PREFIX}-representative-claim`]: "overage",
    [`${PREFIX}-overage-status`]: status,
    // Claude Code takes 1 for used up, but the limit is not used up while requests are still admitted.
    [`${PREFIX}-overage-utilization`]: Math.min(0.99, Math.floor(share * 100) / 100).toFixed(2),
    ...(passed !== undefined && { [`${PREFIX}-overage-surpassed-threshold`]: String(passed) }),
    ...(reset !== null && { [`${PREFIX}-reset`]: reset, [`${PREFIX}-overage-reset`]: reset }),
  };
}

/**
 * Returns headers for a spent budget only. `representative-claim` and `overage-status` are left out: with them Claude Code writes
 * a line of its own, without them it shows the words of the refusal.
 */
export function reached({ budget, resetAt }: Face): HeaderValues {
  if (budget === undefined) return {};
  const reset = resetAt === undefined ? null : seconds(resetAt);
  return {
    [`${PREFIX}-status`]: "rejected",
    [`${PREFIX}-overage-utilization`]: "1",
    [`${PREFIX}-overage-surpassed-threshold`]: "1",
    [`${PREFIX}-overage-disabled-reason`]: "org_spend_cap_reached",
    ...(budget !== null && { [`${PREFIX}-overage-period`]: budget }),
    ...(reset !== null && { [`${PREFIX}-reset`]: reset, [`${PREFIX}-overage-reset`]: reset }),
  };
}
