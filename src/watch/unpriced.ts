/** Models without a price that somebody has used on the last day; over when their requests were priced, or are a day old. */
import { announce } from "../alerts/announce.ts";
import { drop, openEpisodes } from "../alerts/outbox.ts";
import type { AlertSettings } from "../alerts/settings.ts";
import { DAY_MS, HOUR_MS } from "../ground/durations.ts";

const MOST_MODELS = 20;
/** The others an hour later: a free invocation asks D1 fifty times at the most. */
const MOST_A_RUN = 5;

export async function watchUnpriced(env: Env, settings: AlertSettings, now: number): Promise<void> {
  const { results } = await env.DB.prepare(
    `SELECT model, sum(unpriced) AS requests FROM usage_hourly WHERE hour >= ?1 AND unpriced > 0
     GROUP BY model ORDER BY 2 DESC LIMIT ${MOST_MODELS}`,
  )
    .bind(Math.floor((now - DAY_MS) / HOUR_MS))
    .all<{ model: string; requests: number }>();
  const open = await openEpisodes(env, ["model_unpriced"]);
  const news = results.filter(({ model }) => !open.some(({ subject }) => subject === model));
  for (const { model, requests } of news.slice(0, MOST_A_RUN)) {
    await announce(env, { event: "model_unpriced", model, requests }, settings, now);
  }
  const over = open.filter(({ subject }) => !results.some(({ model }) => model === subject));
  // With more models than are looked at, one that is not among them may be without a price all the same.
  if (results.length < MOST_MODELS) await drop(env, over);
}
