/**
 * Finding unpriced requests without reading the whole log: the sums say in which hours there are any, and an hour is a
 * range of the log's primary key.
 */
import { getTableColumns, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { firstIdAt } from "../keys/record-id.ts";
import { offsetMs } from "./days.ts";
import { requests } from "./schema.ts";

/** One stretch of time in which an account was asked for a model that had no price. */
export interface Slice {
  /** Milliseconds since the epoch; `end` is exclusive. */
  start: number;
  end: number;
  accountId: string;
  model: string;
  unpriced: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Hourly sums looked at per call: 30 busy days of a small team. */
const SUMS_PER_CALL = 20_000;

/**
 * The slices from `from` on, oldest first, as far back as the log reaches: older requests cannot be priced one by one.
 * `horizon` is where the next call must begin to see the rest; null where all was seen.
 */
export async function unpricedSlices(env: Env, from: number): Promise<{ slices: Slice[]; horizon: number | null }> {
  const oldest = await drizzle(env.DB)
    .select({ time: requests.time })
    .from(requests)
    .orderBy(requests.id)
    .limit(1)
    .get();
  if (!oldest) return { slices: [], horizon: null };
  const start = Math.max(from, oldest.time);
  const hour = Math.floor(start / HOUR_MS);
  const day = Math.floor((start + offsetMs(env)) / DAY_MS);
  const [hourly, daily, behind] = await env.DB.batch<Record<string, number | string>>([
    env.DB.prepare(
      `SELECT hour * ${HOUR_MS} AS start, account_id, model, sum(unpriced) AS unpriced
       FROM (SELECT * FROM usage_hourly WHERE hour >= ?1 ORDER BY hour LIMIT ${SUMS_PER_CALL})
       WHERE unpriced > 0 GROUP BY hour, account_id, model`,
    ).bind(hour),
    // Only where hours are kept for less time than the log are there any.
    env.DB.prepare(
      `SELECT day * ${DAY_MS} - ?2 AS start, account_id, model, sum(unpriced) AS unpriced
       FROM (SELECT * FROM usage_daily WHERE day >= ?1 ORDER BY day LIMIT ${SUMS_PER_CALL})
       WHERE unpriced > 0 GROUP BY day, account_id, model`,
    ).bind(day, offsetMs(env)),
    env.DB.prepare(
      `SELECT hour FROM usage_hourly WHERE hour >= ?1 ORDER BY hour LIMIT 1 OFFSET ${SUMS_PER_CALL - 1}`,
    ).bind(hour),
  ]);
  const sliced = (rows: Record<string, number | string>[] | undefined, length: number) =>
    (rows ?? []).map(
      (row): Slice => ({
        start: Number(row.start),
        end: Number(row.start) + length,
        accountId: String(row.account_id),
        model: String(row.model),
        unpriced: Number(row.unpriced),
      }),
    );
  const slices = [...sliced(daily?.results, DAY_MS), ...sliced(hourly?.results, HOUR_MS)];
  const last = behind?.results[0]?.hour;
  // The last hour may have been seen in part; one that is larger than the budget is passed over with what was seen.
  const horizon = last === undefined ? null : Math.max(Number(last), hour + 1) * HOUR_MS;
  return { slices: slices.sort((one, other) => one.start - other.start), horizon };
}

/** Hours whose part of the log one call reads: the log holds about 2,000 requests an hour when the free plan is full. */
const STRETCHES_PER_CALL = 24;

/** At most `limit` unpriced log rows of the slices, oldest first; `next` is where the rest begins, null: there is none. */
export async function rowsOfSlices(env: Env, slices: Slice[], limit: number) {
  const starts = [...new Set(slices.map(({ start }) => start))];
  const chosen = starts.slice(0, STRETCHES_PER_CALL);
  const within = slices.filter(({ start }) => chosen.includes(start));
  const stretches = chosen.map((start) => {
    const end = within.find((slice) => slice.start === start)?.end ?? start;
    return [firstIdAt("req", start), firstIdAt("req", end)];
  });
  const pairs = within.map(({ accountId, model }) => [accountId, model]);
  if (stretches.length === 0) return { rows: [], next: null };
  // The stretches lead, so that each is a range of the primary key.
  const found = sql`(select requests.* from json_each(${JSON.stringify(stretches)}) as stretch cross join requests
      on requests.id >= stretch.value ->> 0 and requests.id < stretch.value ->> 1
    where requests.unpriced = 1 and (coalesce(requests.account_id, ''), requests.model) in
      (select value ->> 0, value ->> 1 from json_each(${JSON.stringify(pairs)}))
    limit ${limit})`;
  const rows = await drizzle(env.DB).select(getTableColumns(requests)).from(found);
  const last = rows.at(-1);
  // A day that was folded while hours of it were booked anew is there as both.
  const distinct = [...new Map(rows.map((row) => [row.id, row])).values()];
  if (rows.length < limit || !last) return { rows: distinct, next: starts[STRETCHES_PER_CALL] ?? null };
  // Its stretch may hold more; what is claimed by then is not found again.
  return { rows: distinct, next: starts.findLast((start) => start <= last.time) ?? null };
}
