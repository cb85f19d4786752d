/** Deletes alerts after three months, and with them the episodes whose end nobody has seen. */
import { DAY_MS } from "../ground/durations.ts";
import { firstIdAt } from "../ground/record-id.ts";

const KEPT_MS = 90 * DAY_MS;
const MOST_A_RUN = 200;

export async function deleteOldAlerts({ DB }: Env, now: number): Promise<void> {
  await DB.batch([
    DB.prepare(
      `DELETE FROM alerts WHERE id IN (SELECT id FROM alerts WHERE id < ?1 ORDER BY id LIMIT ${MOST_A_RUN})`,
    ).bind(firstIdAt("alr", now - KEPT_MS)),
    DB.prepare("DELETE FROM alert_episodes WHERE notified_at < ?1").bind(now - KEPT_MS),
  ]);
}
