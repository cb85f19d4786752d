/**
 * The shape of a relay key at the API's edge: contract names, snake_case, money as decimal USD. How these fields
 * become the policy that a gate enforces is `../policy-fields.ts`.
 */
import { z } from "zod";
import { isRange } from "../../gate/address.ts";
import { type MoneyProblem, parseDecimal, parseUsd } from "../../pricing/money.ts";
import { PLATFORMS, type Platform } from "../../vocabulary.ts";
import { NOT_OURS, pageQuery, search } from "./page.ts";

const DECIMAL_PROBLEMS: Record<MoneyProblem, string> = {
  not_a_number: "must be a plain decimal such as 12.5",
  negative: "must not be negative",
  too_many_decimals: "has more decimals than we can keep exactly",
  too_large: "is too large",
};

const decimal = z.union([z.string().max(40), z.number()], "must be a decimal, as a string or a number");

const NOT_ZERO = "must be more than 0: use null for no limit, or enabled: false to stop the key";

/** Decimal USD in, integer nano-dollars out. */
const usd = decimal.transform((amount, ctx) => {
  const nanos = parseUsd(amount);
  if (nanos === 0) ctx.addIssue(NOT_ZERO);
  else if (typeof nanos === "string") ctx.addIssue(DECIMAL_PROBLEMS[nanos]);
  return typeof nanos === "string" ? z.NEVER : nanos;
});

/** A factor in, thousandths out. */
const multiplier = decimal.transform((factor, ctx) => {
  const milli = parseDecimal(factor, 3);
  if (typeof milli === "string") ctx.addIssue(DECIMAL_PROBLEMS[milli]);
  else if (milli > 1_000_000) ctx.addIssue("must be at most 1000");
  return typeof milli === "string" ? z.NEVER : milli;
});

const count = z.number().int().min(1, NOT_ZERO).max(Number.MAX_SAFE_INTEGER);

/** Printable, and no white space at the ends: a pattern that can never match is a rule that silently does nothing. */
const pattern = z
  .string()
  .trim()
  .min(1)
  .max(200)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
  .regex(/^[^\x00-\x1f\x7f]*$/, "must not hold control characters");

const patterns = z.array(pattern).max(200);
const tag = z.string().trim().min(1).max(50);

const YEARS_100_IN_DAYS = 36_500;

const fields = {
  description: z.string().max(2_000).optional(),
  owner: z.string().trim().max(200).optional(),
  tags: z.array(tag).max(50).optional(),
  enabled: z.boolean().optional(),
  permissions: z.array(z.enum(PLATFORMS)).max(PLATFORMS.length).optional(),
  allowed_models: patterns.optional(),
  denied_models: patterns.optional(),
  allowed_clients: patterns.optional(),
  allowed_ips: z
    .array(z.string().trim().refine(isRange, "must be an IPv4 or IPv6 address or CIDR range"))
    .max(200)
    .optional(),
  bound_account_id: z.string().min(1).max(100).nullable().optional(),
  bound_group_id: z.string().min(1).max(100).nullable().optional(),
  expires_at: z.iso
    .datetime({ offset: true, error: "must be an ISO 8601 time with a zone, such as 2027-01-31T00:00:00Z" })
    .transform((text) => Date.parse(text))
    .nullable()
    .optional(),
  activation_days: z.number().int().min(1).max(YEARS_100_IN_DAYS).nullable().optional(),
  activation_hours: z
    .number()
    .int()
    .min(1)
    .max(YEARS_100_IN_DAYS * 24)
    .nullable()
    .optional(),
  concurrency_limit: z.number().int().min(1, NOT_ZERO).max(10_000).nullable().optional(),
  queue_size: z.number().int().min(0).max(1_000).optional(),
  queue_timeout_seconds: z.number().int().min(0).max(600).optional(),
  rate_limit_window_minutes: z.number().int().min(1).max(525_600).nullable().optional(),
  rate_limit_requests: count.nullable().optional(),
  rate_limit_tokens: count.nullable().optional(),
  rate_limit_cost_usd: usd.nullable().optional(),
  daily_cost_limit_usd: usd.nullable().optional(),
  weekly_cost_limit_usd: usd.nullable().optional(),
  weekly_reset_day: z.number().int().min(0).max(6).optional(),
  weekly_reset_hour: z.number().int().min(0).max(23).optional(),
  total_cost_limit_usd: usd.nullable().optional(),
  token_limit: count.nullable().optional(),
  cost_multiplier: multiplier.optional(),
};

const name = z.string().trim().min(1).max(100);

export const createApiKeyBody = z.strictObject({ name, ...fields });

/** A field left out stays as it is; null takes a limit away; a list replaces the list. */
export const updateApiKeyBody = z.strictObject({ name: name.optional(), ...fields });

export const API_KEY_STATUSES = ["active", "disabled", "expired", "deleted", "all"] as const;

export const listApiKeysQuery = pageQuery.extend({
  cursor: z
    .string()
    .regex(/^\d{1,15}\.[0-9a-f]{32}$/, NOT_OURS)
    .transform((text) => {
      const [createdAt = "", id = ""] = text.split(".");
      return { createdAt: Number(createdAt), id };
    })
    .optional(),
  search,
  /** Without it: every key that is not deleted. */
  status: z.enum(API_KEY_STATUSES).optional(),
});

export const readApiKeyQuery = z.strictObject({ reveal: z.enum(["0", "1"]).optional() });

export type ApiKeyFields = z.output<typeof updateApiKeyBody>;
export type CreateApiKey = z.output<typeof createApiKeyBody>;
export type ListApiKeys = z.output<typeof listApiKeysQuery>;

export interface ApiKeyView {
  id: string;
  name: string;
  description: string;
  owner: string;
  tags: string[];
  hint: string;
  enabled: boolean;
  permissions: Platform[];
  allowed_models: string[];
  denied_models: string[];
  allowed_clients: string[];
  allowed_ips: string[];
  bound_account_id: string | null;
  bound_group_id: string | null;
  expires_at: string | null;
  activation_days: number | null;
  activation_hours: number | null;
  concurrency_limit: number | null;
  queue_size: number;
  queue_timeout_seconds: number;
  rate_limit_window_minutes: number | null;
  rate_limit_requests: number | null;
  rate_limit_tokens: number | null;
  rate_limit_cost_usd: string | null;
  daily_cost_limit_usd: string | null;
  weekly_cost_limit_usd: string | null;
  weekly_reset_day: number;
  weekly_reset_hour: number;
  total_cost_limit_usd: string | null;
  token_limit: number | null;
  /** A factor on the list price, not money. */
  cost_multiplier: number;
  created_at: string;
  updated_at: string;
  deleted_at: string | null;
}

/** The only two answers that hold the key itself: its creation, and an audited reveal. */
export interface ApiKeyWithSecretView extends ApiKeyView {
  api_key: string;
}
