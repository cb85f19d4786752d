/**
 * What Anthropic itself says about the quota of a Claude subscription, at `GET /api/oauth/usage`: percentages, and null for a window that
 * the plan does not have or that has not begun. It requires the same flag as every request under a sign-in.
 */
import { isObject, object } from "../../ground/json.ts";
import { secretOf } from "../kind.ts";
import { OAUTH_BETA } from "../oauth/claude.ts";
import { amount, moment } from "../retry-after.ts";
import { claimedWindow, OVERAGE_WINDOW } from "./claude-claims.ts";
import type { QuotaEndpoint } from "./endpoint.ts";
import type { QuotaReading, QuotaWindow } from "./windows.ts";

const SOURCE = "oauth/usage";

export const CLAUDE_USAGE: QuotaEndpoint = {
  request: (baseUrl, credential) => ({
    method: "GET",
    url: `${baseUrl}/api/oauth/usage`,
    headers: {
      accept: "application/json",
      "anthropic-beta": OAUTH_BETA,
      authorization: `Bearer ${secretOf(credential)}`,
    },
    body: null,
  }),
  read: usageIn,
};

/** Null if the answer does not have this form. */
export function usageIn(answer: unknown, now: number): QuotaReading | null {
  const windows = Object.entries(object(answer) ?? {}).flatMap(([claim, value]): QuotaWindow[] => {
    if (!isObject(value)) return [];
    const percent = amount(value.utilization);
    const used = percent === null ? null : percent / 100;
    const read = { used, reason: null, source: SOURCE, readAt: now } as const;
    if (claim === "extra_usage") {
      const status = value.is_enabled === true ? "allowed" : "rejected";
      return [{ ...OVERAGE_WINDOW, ...read, status, resetsAt: null }];
    }
    const window = claimedWindow(claim);
    if (!window || percent === null) return [];
    return [{ ...window, ...read, status: null, resetsAt: moment(value.resets_at, now) }];
  });
  return windows.some(({ scope }) => scope === null) ? { windows, deciding: null } : null;
}
