/** How much of a key's budgets is used. Pure. */
import type { KeyBudgetsView } from "../../../../src/admin/keys/schema.ts";

/** The most used budget of a key, 0 to 1 or more; null if it has none, or its periods are over. */
export function tightestBudget(
  key: KeyBudgetsView,
): { of: "today" | "week" | "total"; used: string; limit: string; share: number } | null {
  const budgets = [
    { of: "today", used: key.today_cost_usd, limit: key.daily_cost_limit_usd },
    { of: "week", used: key.week_cost_usd, limit: key.weekly_cost_limit_usd },
    { of: "total", used: key.total_cost_usd, limit: key.total_cost_limit_usd },
  ] as const;
  const known = budgets.flatMap(({ of, used, limit }) =>
    limit === null ? [] : [{ of, used, limit, share: Number(used) / Number(limit) }],
  );
  return known.sort((left, right) => right.share - left.share)[0] ?? null;
}
