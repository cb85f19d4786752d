/** Tells when the whole relay nears what its operator has set that it may cost a day or a month. No request is refused for it. */
import { readMonth } from "../admin/overview/month.ts";
import { MOST_SUMS } from "../admin/usage/query.ts";
import { announce } from "../alerts/announce.ts";
import { type AlertSettings, offsetOf } from "../alerts/settings.ts";
import { dayStart } from "../ground/calendar.ts";
import { DAY_MS, HOUR_MS } from "../ground/durations.ts";
import { formatUsd, parseUsd } from "../pricing/money.ts";
import { cronContext } from "./context.ts";

export async function watchDailyBudget(env: Env, settings: AlertSettings, now: number): Promise<void> {
  const { dailyBudgetNanos: budget } = settings;
  if (budget === null) return;
  const from = dayStart(now, offsetOf(env));
  const spent = await env.DB.prepare(
    `SELECT sum(cost_nanos) AS spent FROM (SELECT cost_nanos FROM usage_hourly WHERE hour >= ?1 LIMIT ${MOST_SUMS})`,
  )
    .bind(Math.floor(from / HOUR_MS))
    .first<number>("spent");
  await compare(env, settings, { of: "day", from, to: from + DAY_MS, spent: spent ?? 0, budget }, now);
}

export async function watchMonthlyBudget(env: Env, settings: AlertSettings, now: number): Promise<void> {
  const { monthlyBudgetNanos: budget } = settings;
  if (budget === null) return;
  const month = await readMonth(cronContext(env, now));
  const spent = month && parseUsd(month.cost_usd);
  if (!month || typeof spent !== "number") return;
  const [from, to] = [Date.parse(month.from), Date.parse(month.to)];
  await compare(env, settings, { of: "month", from, to, spent, budget }, now);
}

interface Spent {
  of: "day" | "month";
  from: number;
  to: number;
  /** Nano-dollars. */
  spent: number;
  budget: number;
}

async function compare(
  env: Env,
  settings: AlertSettings,
  { of, from, to, spent, budget }: Spent,
  now: number,
): Promise<void> {
  const percent = budget > 0 ? Math.floor((100 * spent) / budget) : 100;
  if (percent < settings.budgetPercent) return;
  const event = percent >= 100 ? "budget_reached" : "budget_near";
  const period = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
  const amounts = { spent_usd: formatUsd(spent), budget_usd: formatUsd(budget), percent };
  await announce(env, { event, of, ...period, ...amounts }, settings, now);
}
