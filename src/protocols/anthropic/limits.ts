/** A key's limits in the headers that Anthropic's API has for windows and Claude Code reads from gateways. */
import { type Allowance, fullestOf, usedShare } from "../../ground/allowance.ts";
import type { Face } from "../../refusal.ts";
import { type HeaderValues, seconds, type WindowNames, windowHeaders } from "../limits.ts";

/** Where Claude Code gives its two warnings. It does so only when told that the share has been passed. */
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

/** Of the key's limits the fullest, as the claim that says nothing of its period: Claude Code does sums with the others. */
function unified(fullest: Allowance): HeaderValues {
  const share = usedShare(fullest);
  const passed = THRESHOLDS.find((threshold) => share >= threshold);
  const status = passed === undefined ? "allowed" : "allowed_warning";
  const reset = fullest.resetAt === null ? null : seconds(fullest.resetAt);
  return {
    [`${PREFIX}-status`]: status,
    [`${PREFIX}-representative-claim`]: "overage",
    [`${PREFIX}-overage-status`]: status,
    // At 1 it is taken for used up, which it is not while requests are admitted.
    [`${PREFIX}-overage-utilization`]: Math.min(0.99, Math.floor(share * 100) / 100).toFixed(2),
    ...(passed !== undefined && { [`${PREFIX}-overage-surpassed-threshold`]: String(passed) }),
    ...(reset !== null && { [`${PREFIX}-reset`]: reset, [`${PREFIX}-overage-reset`]: reset }),
  };
}

/**
 * Only of a budget. Without `representative-claim` and `overage-status`: with them Claude Code makes up a line of its own,
 * without them it shows the refusal's words.
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
