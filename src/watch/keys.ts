/** Tells of keys near their limits, by what their gates said last. A gate tells it itself, unless it died between its flush and that. */
import { and, eq, gt, isNull } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { SCAN_BUDGET } from "../admin/api/paging.ts";
import { announce } from "../alerts/announce.ts";
import { conditionOf } from "../alerts/from-events.ts";
import { openEpisodes } from "../alerts/outbox.ts";
import { type AlertSettings, offsetOf } from "../alerts/settings.ts";
import { limitStateOf } from "../gate/figures.ts";
import { limitEvents } from "../gate/limit-events.ts";
import { allowancesOf } from "../gate/limits.ts";
import { HOUR_MS } from "../ground/durations.ts";
import { apiKeys, keyFigures } from "../store/schema.ts";

/** How far back: the time since the last look, and a little more. */
const LOOK_BACK_MS = 2 * HOUR_MS;
const MOST_A_RUN = 5;

export async function watchKeys(env: Env, settings: AlertSettings, now: number): Promise<void> {
  const rows = await drizzle(env.DB)
    .select({ figures: keyFigures, policy: apiKeys.policy })
    .from(keyFigures)
    .innerJoin(apiKeys, eq(apiKeys.id, keyFigures.keyId))
    .where(and(gt(keyFigures.saidAt, now - LOOK_BACK_MS), isNull(apiKeys.deletedAt)))
    .limit(SCAN_BUDGET);
  const clock = { now, offsetHours: offsetOf(env) };
  const events = rows.flatMap(({ figures, policy }) => {
    const allowances = allowancesOf(limitStateOf(figures), policy, clock);
    return limitEvents(figures.keyId, allowances, policy.windowMs).filter(
      ({ percent }) => percent >= settings.keyPercent,
    );
  });
  const open = await openEpisodes(env, ["key_limit_near", "key_limit_reached"]);
  const news = events.filter((event) => {
    const subject = conditionOf(event, now)?.subject;
    return !open.some((one) => one.type === event.event && one.subject === subject);
  });
  for (const event of news.slice(0, MOST_A_RUN)) await announce(env, event, settings, now);
}
