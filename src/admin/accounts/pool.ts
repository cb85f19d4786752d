/** Between the API's words for an account's part in its pool and the columns that hold it, both ways. Pure. */
import { formatUsd } from "../../pricing/money.ts";
import type { accounts } from "../../store/schema.ts";
import type { FieldProblem } from "../api/refusal.ts";
import type { AccountPoolFields, AccountPoolView } from "./pool-schema.ts";

type AccountRow = typeof accounts.$inferSelect;

/** What a new account has where nothing is said. */
export const POOL_DEFAULTS = {
  protocols: [],
  allowedModels: [],
  dailyQuotaNanos: null,
  quotaResetHour: 0,
  expiresAt: null,
  firstByteTimeoutMs: null,
  idleTimeoutMs: null,
  scheduledTest: false,
} satisfies Partial<AccountRow>;

/** The columns that the given fields set, and no others. */
export function poolColumns(fields: AccountPoolFields) {
  const { allowed_models: models, protocols } = fields;
  return {
    ...(protocols !== undefined && { protocols: [...new Set(protocols)] }),
    ...(models !== undefined && { allowedModels: [...new Set(models)] }),
    ...(fields.daily_quota_usd !== undefined && { dailyQuotaNanos: fields.daily_quota_usd }),
    ...(fields.quota_reset_hour !== undefined && { quotaResetHour: fields.quota_reset_hour }),
    ...(fields.expires_at !== undefined && { expiresAt: fields.expires_at }),
    ...(fields.first_byte_timeout_seconds !== undefined && { firstByteTimeoutMs: fields.first_byte_timeout_seconds }),
    ...(fields.idle_timeout_seconds !== undefined && { idleTimeoutMs: fields.idle_timeout_seconds }),
    ...(fields.scheduled_test !== undefined && { scheduledTest: fields.scheduled_test }),
  };
}

/**
 * What is wrong with a mapping: a `*` on the right stands for what the one on the left matched, so it needs one, and
 * would otherwise be sent upstream as it is.
 */
export function mappingProblems(mapping: Record<string, string> | undefined): FieldProblem[] {
  return Object.entries(mapping ?? {}).flatMap(([asked, sent]) => {
    const [onTheLeft, onTheRight] = [starsIn(asked), starsIn(sent)];
    if (onTheRight === 0 || (onTheRight === 1 && onTheLeft === 1)) return [];
    return [{ field: `model_mapping.${asked}`, message: "may have one * on the right if there is one on the left" }];
  });
}

export function poolView(row: AccountRow): AccountPoolView {
  return {
    protocols: row.protocols,
    allowed_models: row.allowedModels,
    daily_quota_usd: row.dailyQuotaNanos === null ? null : formatUsd(row.dailyQuotaNanos),
    quota_reset_hour: row.quotaResetHour,
    expires_at: row.expiresAt === null ? null : new Date(row.expiresAt).toISOString(),
    first_byte_timeout_seconds: row.firstByteTimeoutMs === null ? null : row.firstByteTimeoutMs / 1_000,
    idle_timeout_seconds: row.idleTimeoutMs === null ? null : row.idleTimeoutMs / 1_000,
    scheduled_test: row.scheduledTest,
  };
}

function starsIn(name: string): number {
  return name.split("*").length - 1;
}
