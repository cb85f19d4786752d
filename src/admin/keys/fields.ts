/**
 * The fields of a relay key: those that its gate enforces (a template may set them too), and those that are only recorded beside them.
 * Contract names, money as decimal USD. Pure; whether a bound account exists is checked elsewhere.
 */
import * as z from "zod/mini";
import { isRange } from "../../ground/addresses.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../ground/durations.ts";
import { textOf, trimmed, whole } from "../../ground/shape.ts";
import { type KeyPolicy, OPEN_POLICY } from "../../keys/policy.ts";
import { formatUsd } from "../../pricing/money.ts";
import type { apiKeys } from "../../store/schema.ts";
import { PLATFORMS } from "../../vocabulary.ts";
import { aliasesOfKey, starProblems } from "../aliases/fields.ts";
import { fieldsOf, type Given, orNull, scaled, schemasOf, unique, type View, valuesOf, viewOf } from "../api/fields.ts";
import type { FieldProblem } from "../api/refusal.ts";
import { isoTime, multiplier, time, usd } from "../api/values.ts";

const SECOND_MS = 1_000;

const NOT_ZERO = "must be more than 0: use null for no limit, or enabled: false to stop the key";

const limitUsd = z.nullable(usd.check(z.refine((nanos) => nanos > 0, NOT_ZERO)));
const count = z.nullable(z.int().check(z.minimum(1, NOT_ZERO), z.maximum(Number.MAX_SAFE_INTEGER)));

/** Printable, without white space at the ends, because a pattern that can never match is a rule that silently does nothing. */
const pattern = z.string().check(
  z.trim(),
  z.minLength(1),
  z.maxLength(200),
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
  z.regex(/^[^\x00-\x1f\x7f]*$/, "must not hold control characters"),
);

/** Models or clients, each once. */
export const patterns = unique(z.array(pattern).check(z.maxLength(200)));

const range = z.string().check(z.trim(), z.refine(isRange, "must be an IPv4 or IPv6 address or CIDR range"));
const recordIdText = textOf(1, 100);

const YEARS_100_IN_DAYS = 36_500;

/** Whole days or hours of a key's life. */
export const days = whole(1, YEARS_100_IN_DAYS);
export const hours = whole(1, YEARS_100_IN_DAYS * 24);

const field = fieldsOf<KeyPolicy>();

/** A member of the policy. A new key has the value of an open policy. */
function policy<At extends keyof KeyPolicy, Schema extends z.ZodMiniType<KeyPolicy[At]>, Shown = KeyPolicy[At]>(
  at: At,
  schema: Schema,
  show?: (value: KeyPolicy[At]) => Shown,
) {
  return field<At, Schema, Shown>(at, schema, { fresh: OPEN_POLICY[at], show });
}

/** The fields that a gate enforces. */
export const POLICY_FIELDS = {
  enabled: policy("enabled", z.boolean()),
  permissions: policy("permissions", unique(z.array(z.enum(PLATFORMS)).check(z.maxLength(PLATFORMS.length)))),
  allowed_models: policy("allowedModels", patterns),
  denied_models: policy("deniedModels", patterns),
  model_aliases: policy("modelAliases", aliasesOfKey),
  allowed_clients: policy("allowedClients", patterns),
  allowed_ips: policy("allowedIps", unique(z.array(range).check(z.maxLength(200)))),
  bound_account_id: policy("boundAccountId", z.nullable(recordIdText)),
  bound_group_id: policy("boundGroupId", z.nullable(recordIdText)),
  expires_at: policy("expiresAt", z.nullable(time), orNull(isoTime)),
  // One lifetime in either of two units: the given one replaces the other.
  activation_days: policy("activationMs", z.nullable(scaled(days, DAY_MS)), lifetimeInDays),
  activation_hours: policy("activationMs", z.nullable(scaled(hours, HOUR_MS)), (life) =>
    life === null || lifetimeInDays(life) !== null ? null : life / HOUR_MS,
  ),
  concurrency_limit: policy("concurrency", z.nullable(z.int().check(z.minimum(1, NOT_ZERO), z.maximum(10_000)))),
  queue_size: policy("queueSize", whole(0, 1_000)),
  queue_timeout_seconds: policy("queueTimeoutMs", scaled(whole(0, 600), SECOND_MS), (wait) => wait / SECOND_MS),
  rate_limit_window_minutes: policy(
    "windowMs",
    z.nullable(scaled(whole(1, 525_600), MINUTE_MS)),
    orNull((length) => length / MINUTE_MS),
  ),
  rate_limit_requests: policy("windowRequests", count),
  rate_limit_tokens: policy("windowTokens", count),
  rate_limit_cost_usd: policy("windowCostNanos", limitUsd, orNull(formatUsd)),
  daily_cost_limit_usd: policy("dailyCostNanos", limitUsd, orNull(formatUsd)),
  weekly_cost_limit_usd: policy("weeklyCostNanos", limitUsd, orNull(formatUsd)),
  weekly_reset_day: policy("weeklyResetDay", whole(0, 6)),
  weekly_reset_hour: policy("weeklyResetHour", whole(0, 23)),
  total_cost_limit_usd: policy("totalCostNanos", limitUsd, orNull(formatUsd)),
  token_limit: policy("totalTokens", count),
  /** A factor on the list price, not an amount of money. */
  cost_multiplier: policy("costMultiplierMilli", multiplier, (milli) => milli / 1_000),
  unpriced: policy("unpriced", z.enum(["charge", "refuse"])),
};

function lifetimeInDays(life: number | null): number | null {
  return life !== null && life % DAY_MS === 0 ? life / DAY_MS : null;
}

export const policySchemas = schemasOf(POLICY_FIELDS);

/** Policy fields in the form of a request. */
export type PolicyFields = Given<typeof POLICY_FIELDS>;

/** A policy in the API's words. */
export interface PolicyView extends View<typeof POLICY_FIELDS> {}

export const MAX_TAGS = 50;

export const tag = trimmed(1, 50);

const column = fieldsOf<typeof apiKeys.$inferSelect>();

/** What is recorded of a key besides its policy. Each body has its own field for the name. */
export const RECORD_FIELDS = {
  description: column("description", textOf(0, 2_000), { fresh: "", audited: "length" }),
  owner: column("owner", trimmed(0, 200), { fresh: "" }),
  tags: column("tags", unique(z.array(tag).check(z.maxLength(MAX_TAGS))), { fresh: [] }),
};

/** The policy with the given fields set. Fields that are left out stay unchanged. */
export function withFields(policy: KeyPolicy, fields: PolicyFields): KeyPolicy {
  return { ...OPEN_POLICY, ...policy, ...valuesOf(POLICY_FIELDS, fields) };
}

/** The policy in the API's words. A field that is newer than the stored policy has the value of an open policy. */
export function policyView(stored: KeyPolicy): PolicyView {
  return viewOf(POLICY_FIELDS, { ...OPEN_POLICY, ...stored });
}

/** What is wrong with the fields and the resulting policy, taken together. */
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
  for (const [name, targets] of Object.entries(policy.modelAliases)) {
    problems.push(...starProblems(name, targets, `model_aliases.${name}`));
  }
  if (policy.queueSize > 0 && policy.concurrency === null) {
    problems.push({ field: "queue_size", message: "needs concurrency_limit: without one nobody waits" });
  }
  return problems;
}
