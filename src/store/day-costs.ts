/** The costs of past days. Whoever reads the month keeps them (admin/overview/day-costs.ts); whoever changes such a cost forgets them. */

/** The row of `settings` that has them. */
export const DAY_COSTS = "day_costs";

/**
 * The statement that forgets them; it belongs in the batch of the change. It leaves a unique mark, so that somebody who has read the sums
 * before the change, and would write their total after it, finds another row than before.
 */
export function forgetDayCosts(env: Env): D1PreparedStatement {
  return env.DB.prepare(
    `INSERT INTO settings (name, value) VALUES (?1, json_object('forgotten', hex(randomblob(8))))
     ON CONFLICT DO UPDATE SET value = excluded.value`,
  ).bind(DAY_COSTS);
}
