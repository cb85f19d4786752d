/**
 * What several keys have used day by day, for the small chart beside each key of a list. One query for all keys of a page, with every
 * day, also those without a request.
 */
import { flushRecentlySettled } from "../../gate/recently-settled.ts";
import { DAY_MS, HOUR_MS } from "../../ground/durations.ts";
import { formatUsd } from "../../pricing/money.ts";
import { dayOfHour, offsetMs } from "../../store/days.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { invalid } from "../api/refusal.ts";
import type { ReadUsageOfKeys, UsageOfKeys } from "./schema.ts";
import { bucketName } from "./verbs.ts";

/** How many sums one answer reads. D1 counts each three times: in the index by key, in the table, and for the sorting. */
export const MOST_KEY_SUMS = 20_000;

/** The keys come first (`CROSS JOIN` keeps the order), so that the hours of each are a range of the index by key. */
const SUMS = `SELECT key_id, day, sum(requests) AS requests, sum(cost_nanos) AS nanos, count(*) AS read FROM (
    SELECT * FROM (SELECT key_id, ${dayOfHour("?6")} AS day, requests, cost_nanos
      FROM json_each(?1) AS wanted CROSS JOIN usage_hourly ON key_id = wanted.value
      WHERE hour >= ?2 AND hour < ?3 LIMIT ${MOST_KEY_SUMS + 1})
    UNION ALL
    SELECT * FROM (SELECT key_id, day, requests, cost_nanos FROM usage_daily
      WHERE day >= ?4 AND day < ?5 LIMIT ${MOST_KEY_SUMS + 1}) WHERE key_id IN (SELECT value FROM json_each(?1))
  ) GROUP BY key_id, day`;

export async function readUsageOfKeys(
  { env, now }: VerbContext,
  { key_ids: ids, days: count }: ReadUsageOfKeys,
): Promise<VerbResult<UsageOfKeys>> {
  await flushRecentlySettled(env);
  const offset = offsetMs(env);
  const behind = Math.floor((now + offset) / DAY_MS) + 1;
  const first = behind - count;
  // An hour belongs to the day in which it begins.
  const hourOf = (day: number) => Math.ceil((day * DAY_MS - offset) / HOUR_MS);
  const { results } = await env.DB.prepare(SUMS)
    .bind(JSON.stringify(ids), hourOf(first), hourOf(behind), first, behind, offset)
    .all<{ key_id: string; day: number; requests: number; nanos: number; read: number }>();
  if (results.reduce((sum, { read }) => sum + read, 0) > MOST_KEY_SUMS) {
    const message = `have more than ${MOST_KEY_SUMS} sums in these days; ask for fewer keys, or fewer days`;
    return { ok: false, refusal: invalid({ field: "key_ids", message }) };
  }
  const days = Array.from({ length: count }, (_, at) => first + at);
  return {
    ok: true,
    value: {
      days: days.map((day) => bucketName("day", day)),
      items: ids.map((id) => {
        const own = new Map(results.flatMap((row) => (row.key_id === id ? [[row.day, row] as const] : [])));
        return {
          key_id: id,
          requests: days.map((day) => own.get(day)?.requests ?? 0),
          cost_usd: days.map((day) => formatUsd(own.get(day)?.nanos ?? 0)),
        };
      }),
    },
  };
}
