/** What days that are over have cost is kept by whoever reads the month (admin/overview/day-costs.ts), and forgotten by whoever changes it. */

/** The row of `settings`. */
export const DAY_COSTS = "day_costs";

/**
 * The statement that forgets them; it rides in the batch of the change. It leaves a mark that is like no other: whoever has read the sums
 * before the change, and writes what they came to behind it, finds another row than the one that was there.
 */
export function forgetDayCosts(env: Env): D1PreparedStatement {
  return env.DB.prepare(
    `INSERT INTO settings (name, value) VALUES (?1, json_object('forgotten', hex(randomblob(8))))
     ON CONFLICT DO UPDATE SET value = excluded.value`,
  ).bind(DAY_COSTS);
}
