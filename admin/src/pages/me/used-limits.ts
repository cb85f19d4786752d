/** The limits that the relay tells a holder, in the shape of the key's own page in the console. Pure. */
import type { LimitName, QuotaView } from "../../../../src/holder/quota.ts";
import type { UsedLimit } from "../key/limits.ts";

/** In the order of the key's own page, under its names for them. */
const LIMITS: Record<LimitName, UsedLimit["name"]> = {
  daily_cost_usd: "today",
  weekly_cost_usd: "week",
  total_cost_usd: "total",
  total_tokens: "tokens",
  window_requests: "windowRequests",
  window_tokens: "windowTokens",
  window_cost_usd: "windowCost",
  concurrency: "inFlight",
};

export function usedLimits({ limits }: Pick<QuotaView, "limits">): UsedLimit[] {
  const order = Object.keys(LIMITS);
  return limits
    .toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
    .map(({ name, limit, used, resets_at }) => ({
      name: LIMITS[name],
      used,
      limit,
      money: typeof limit === "string",
      resetsAt: resets_at,
    }));
}
