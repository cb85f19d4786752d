/** Models without a price that somebody has used on the last day; over when their requests were priced, or are a day old. */
import { announce } from "../alerts/announce.ts";
import { drop, openEpisodes } from "../alerts/outbox.ts";
import type { AlertSettings } from "../alerts/settings.ts";
import { DAY_MS, HOUR_MS } from "../ground/durations.ts";

const MOST_MODELS = 20;

export async function watchUnpriced(env: Env, settings: AlertSettings, now: number): Promise<void> {
  const { results } = await env.DB.prepare(
    `SELECT model, sum(unpriced) AS requests FROM usage_hourly WHERE hour >= ?1 AND unpriced > 0
     GROUP BY model ORDER BY 2 DESC LIMIT ${MOST_MODELS}`,
  )
    .bind(Math.floor((now - DAY_MS) / HOUR_MS))
    .all<{ model: string; requests: number }>();
  for (const { model, requests } of results) {
    await announce(env, { event: "model_unpriced", model, requests }, settings, now);
  }
  const open = await openEpisodes(env, ["model_unpriced"]);
  const over = open.filter(({ subject }) => !results.some(({ model }) => model === subject));
  // With more models than are looked at, one that is not among them may be without a price all the same.
  if (results.length < MOST_MODELS) for (const { type, subject } of over) await drop(env, type, subject);
}
