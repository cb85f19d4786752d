/**
 * The fields of an account that decide when it takes part in its pool, at the API's edge. How they become columns is
 * `pool.ts`.
 */
import { z } from "zod";
import { PROTOCOLS, type Protocol } from "../../vocabulary.ts";
import { usd } from "../api/money.ts";
import { time } from "../api/time.ts";
import { policyFields } from "../keys/policy-schema.ts";

/** An hour: Cloudflare ends what waits longer than that anyway, and nobody's model thinks longer in silence. */
const LONGEST_TIMEOUT_S = 3_600;

/** Seconds in, whole milliseconds out. */
const timeout = z
  .number()
  .min(0.1)
  .max(LONGEST_TIMEOUT_S)
  .transform((seconds) => Math.round(seconds * 1_000));

/** An account is in a few groups; D1 has no opinion. */
const MAX_GROUPS = 100;

export const accountPoolFields = {
  /** When given: all of the groups that it is in. */
  group_ids: z.array(z.string().min(1).max(100)).max(MAX_GROUPS).optional(),
  /** Which wire formats the account speaks; an empty list means all of its platform's. */
  protocols: z.array(z.enum(PROTOCOLS)).max(PROTOCOLS.length).optional(),
  /** Patterns with `*`; an empty list means any model. */
  allowed_models: policyFields.allowed_models,
  daily_quota_usd: usd
    .refine((nanos) => nanos > 0, "must be more than 0: use null for no quota, or schedulable: false to pause")
    .nullable()
    .optional(),
  /** In the relay's TIMEZONE_OFFSET. */
  quota_reset_hour: z.number().int().min(0).max(23).optional(),
  expires_at: time.nullable().optional(),
  first_byte_timeout_seconds: timeout.nullable().optional(),
  idle_timeout_seconds: timeout.nullable().optional(),
  scheduled_test: z.boolean().optional(),
};

const accountPoolObject = z.object(accountPoolFields);

export type AccountPoolFields = z.output<typeof accountPoolObject>;

export interface AccountPoolView {
  protocols: Protocol[];
  allowed_models: string[];
  /** Decimal USD; null: no quota. */
  daily_quota_usd: string | null;
  quota_reset_hour: number;
  expires_at: string | null;
  /** Null: the relay's own bounds. */
  first_byte_timeout_seconds: number | null;
  idle_timeout_seconds: number | null;
  scheduled_test: boolean;
}
