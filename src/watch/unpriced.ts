/** Tells of models without a price that were used in the last day. That is over when their requests were priced, or are a day old. */
import { announce } from "../alerts/announce.ts";
import { drop, openEpisodes } from "../alerts/outbox.ts";
import type { AlertSettings } from "../alerts/settings.ts";
import { DAY_MS, HOUR_MS } from "../ground/durations.ts";

const MOST_MODELS = 20;
/** How many are told in one run; the others are told an hour later, because a free invocation asks D1 fifty times at the most. */
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
  // If there are more models than the query returns, one that it did not return may still be without a price.
  if (results.length < MOST_MODELS) await drop(env, over);
}
