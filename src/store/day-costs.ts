/** What days that are over have cost is kept by whoever reads the month (admin/overview/day-costs.ts), and forgotten by whoever changes it. */

/** The row of `settings`. */
export const DAY_COSTS = "day_costs";

/** The statement that forgets them; it rides in the batch of the change. */
export function forgetDayCosts(env: Env): D1PreparedStatement {
  return env.DB.prepare("DELETE FROM settings WHERE name = ?1").bind(DAY_COSTS);
}
