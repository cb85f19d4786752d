/** How far the budgets of a key are used up. Pure. */
import type { KeyBudgetsView } from "../../../../src/admin/keys/schema.ts";

/** Which budget of a key is used up most, 0 to 1 or more; null where it has none, or they are of a period that is over. */
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
