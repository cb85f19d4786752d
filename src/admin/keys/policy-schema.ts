/**
 * The fields of a key that its gate enforces, at the API's edge: contract names, snake_case, money as decimal USD.
 * Keys and templates share them. How they become a policy is `policy-fields.ts`.
 */

import { z } from "zod";
import type { KeyPolicy } from "../../gate/policy.ts";
import { isRange } from "../../ground/addresses.ts";
import { PLATFORMS, type Platform } from "../../vocabulary.ts";
import { multiplier, usd } from "../api/money.ts";
import { time } from "../api/time.ts";

const NOT_ZERO = "must be more than 0: use null for no limit, or enabled: false to stop the key";

const limitUsd = usd.refine((nanos) => nanos > 0, NOT_ZERO);
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

const YEARS_100_IN_DAYS = 36_500;

/** Whole days or hours; two schemas share the bounds. */
export const days = z.number().int().min(1).max(YEARS_100_IN_DAYS);
export const hours = z
  .number()
  .int()
  .min(1)
  .max(YEARS_100_IN_DAYS * 24);

export const policyFields = {
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
  expires_at: time.nullable().optional(),
  activation_days: days.nullable().optional(),
  activation_hours: hours.nullable().optional(),
  concurrency_limit: z.number().int().min(1, NOT_ZERO).max(10_000).nullable().optional(),
  queue_size: z.number().int().min(0).max(1_000).optional(),
  queue_timeout_seconds: z.number().int().min(0).max(600).optional(),
  rate_limit_window_minutes: z.number().int().min(1).max(525_600).nullable().optional(),
  rate_limit_requests: count.nullable().optional(),
  rate_limit_tokens: count.nullable().optional(),
  rate_limit_cost_usd: limitUsd.nullable().optional(),
  daily_cost_limit_usd: limitUsd.nullable().optional(),
  weekly_cost_limit_usd: limitUsd.nullable().optional(),
  weekly_reset_day: z.number().int().min(0).max(6).optional(),
  weekly_reset_hour: z.number().int().min(0).max(23).optional(),
  total_cost_limit_usd: limitUsd.nullable().optional(),
  token_limit: count.nullable().optional(),
  cost_multiplier: multiplier.optional(),
  unpriced: z.enum(["charge", "refuse"]).optional(),
};

export const policyFieldsObject = z.object(policyFields);
export const policyFieldNames = policyFieldsObject.keyof();

export type PolicyFields = z.output<typeof policyFieldsObject>;
export type PolicyFieldName = keyof PolicyFields;

/** A policy in the API's words. */
export interface PolicyView {
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
  /** What becomes of requests whose model has no known price. */
  unpriced: KeyPolicy["unpriced"];
}
