/**
 * Between the API's fields of a key and the policy that its gate enforces, both ways. Pure; whether a bound account
 * exists is asked elsewhere.
 */
import { type KeyPolicy, OPEN_POLICY } from "../../gate/policy.ts";
import { formatUsd } from "../../pricing/money.ts";
import type { FieldProblem } from "../api/refusal.ts";
import type { PolicyFields, PolicyView } from "./policy-schema.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** The policy with the given fields put in; a field that is undefined keeps what the policy has. */
export function withFields(policy: KeyPolicy, fields: PolicyFields): KeyPolicy {
  const given: { [Name in keyof KeyPolicy]: KeyPolicy[Name] | undefined } = {
    enabled: fields.enabled,
    permissions: unique(fields.permissions),
    allowedModels: unique(fields.allowed_models),
    deniedModels: unique(fields.denied_models),
    allowedClients: unique(fields.allowed_clients),
    allowedIps: unique(fields.allowed_ips),
    boundAccountId: fields.bound_account_id,
    boundGroupId: fields.bound_group_id,
    expiresAt: fields.expires_at,
    activationMs: activationOf(fields),
    concurrency: fields.concurrency_limit,
    queueSize: fields.queue_size,
    queueTimeoutMs: fields.queue_timeout_seconds && fields.queue_timeout_seconds * 1_000,
    windowMs: fields.rate_limit_window_minutes && fields.rate_limit_window_minutes * MINUTE_MS,
    windowRequests: fields.rate_limit_requests,
    windowTokens: fields.rate_limit_tokens,
    windowCostNanos: fields.rate_limit_cost_usd,
    dailyCostNanos: fields.daily_cost_limit_usd,
    weeklyCostNanos: fields.weekly_cost_limit_usd,
    weeklyResetDay: fields.weekly_reset_day,
    weeklyResetHour: fields.weekly_reset_hour,
    totalCostNanos: fields.total_cost_limit_usd,
    totalTokens: fields.token_limit,
    costMultiplierMilli: fields.cost_multiplier,
    unpriced: fields.unpriced,
  };
  const changes = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...OPEN_POLICY, ...policy, ...changes };
}

/** What is wrong with the fields and the policy that they would make, taken together. */
export function policyProblems(policy: KeyPolicy, fields: PolicyFields): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (fields.activation_days && fields.activation_hours) {
    problems.push({ field: "activation_hours", message: "give activation_days or activation_hours, not both" });
  }
  const windowLimits = {
    rate_limit_requests: policy.windowRequests,
    rate_limit_tokens: policy.windowTokens,
    rate_limit_cost_usd: policy.windowCostNanos,
  };
  for (const [field, limit] of Object.entries(windowLimits)) {
    if (limit !== null && policy.windowMs === null)
      problems.push({ field, message: "needs rate_limit_window_minutes" });
  }
  if (policy.queueSize > 0 && policy.concurrency === null) {
    problems.push({ field: "queue_size", message: "needs concurrency_limit: without one nobody waits" });
  }
  return problems;
}

/** The policy in the API's words. */
export function policyView(stored: KeyPolicy): PolicyView {
  const policy = { ...OPEN_POLICY, ...stored };
  const { activationMs } = policy;
  const wholeDays = activationMs !== null && activationMs % DAY_MS === 0;
  return {
    enabled: policy.enabled,
    permissions: policy.permissions,
    allowed_models: policy.allowedModels,
    denied_models: policy.deniedModels,
    allowed_clients: policy.allowedClients,
    allowed_ips: policy.allowedIps,
    bound_account_id: policy.boundAccountId,
    bound_group_id: policy.boundGroupId,
    expires_at: policy.expiresAt === null ? null : new Date(policy.expiresAt).toISOString(),
    activation_days: wholeDays ? activationMs / DAY_MS : null,
    activation_hours: activationMs !== null && !wholeDays ? activationMs / HOUR_MS : null,
    concurrency_limit: policy.concurrency,
    queue_size: policy.queueSize,
    queue_timeout_seconds: policy.queueTimeoutMs / 1_000,
    rate_limit_window_minutes: policy.windowMs === null ? null : policy.windowMs / MINUTE_MS,
    rate_limit_requests: policy.windowRequests,
    rate_limit_tokens: policy.windowTokens,
    rate_limit_cost_usd: usdOrNull(policy.windowCostNanos),
    daily_cost_limit_usd: usdOrNull(policy.dailyCostNanos),
    weekly_cost_limit_usd: usdOrNull(policy.weeklyCostNanos),
    weekly_reset_day: policy.weeklyResetDay,
    weekly_reset_hour: policy.weeklyResetHour,
    total_cost_limit_usd: usdOrNull(policy.totalCostNanos),
    token_limit: policy.totalTokens,
    cost_multiplier: policy.costMultiplierMilli / 1_000,
    unpriced: policy.unpriced,
  };
}

/** A lifetime in either unit replaces the one there was; null in one (and none in the other) takes it away. */
function activationOf({ activation_days: days, activation_hours: hours }: PolicyFields): number | null | undefined {
  if (days) return days * DAY_MS;
  if (hours) return hours * HOUR_MS;
  return days === null || hours === null ? null : undefined;
}

function usdOrNull(nanos: number | null): string | null {
  return nanos === null ? null : formatUsd(nanos);
}

function unique<Item>(items: Item[] | undefined): Item[] | undefined {
  return items && [...new Set(items)];
}
