/**
 * Finds unpriced requests without reading the whole log: the sums say in which hours there are any, and an hour is a
 * range of the log's primary key.
 */
import { drizzle } from "drizzle-orm/d1";
import { DAY_MS, HOUR_MS } from "../ground/durations.ts";
import { firstIdAt } from "../ground/record-id.ts";
import type { PriceMode } from "../protocols/meter.ts";
import { UNIT_FIELDS, type UnitField, USAGE_COLUMNS, USAGE_FIELDS, type Usage } from "../vocabulary.ts";
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

/** How many hourly sums with unpriced requests one call looks at: 30 busy days of a small team that has set no price. */
const SUMS_PER_CALL = 20_000;

/** Through the partial index of migrations/0030: if all models of a relay have prices, none of its sums are looked at. */
const UNPRICED_HOURS = "usage_hourly INDEXED BY usage_hourly_unpriced WHERE unpriced <> 0";

/**
 * The slices from `from` on, oldest first, as far back as the log reaches: older requests cannot be priced one by one.
 * `horizon` is where the next call must begin to see the rest; null if all was seen.
 */
export async function unpricedSlices(env: Env, from: number): Promise<{ slices: Slice[]; horizon: number | null }> {
  const oldest = await oldestTime(env);
  if (oldest === null) return { slices: [], horizon: null };
  const start = Math.max(from, oldest);
  const hour = Math.floor(start / HOUR_MS);
  const day = Math.floor((start + offsetMs(env)) / DAY_MS);
  const [hourly, daily, behind] = await env.DB.batch<Record<string, number | string>>([
    env.DB.prepare(
      `SELECT hour * ${HOUR_MS} AS start, account_id, model, sum(unpriced) AS unpriced
       FROM (SELECT * FROM ${UNPRICED_HOURS} AND hour >= ?1 ORDER BY hour LIMIT ${SUMS_PER_CALL})
       WHERE unpriced > 0 GROUP BY hour, account_id, model`,
    ).bind(hour),
    // There are such days only if hours are kept for less time than the log.
    env.DB.prepare(
      `SELECT day * ${DAY_MS} - ?2 AS start, account_id, model, sum(unpriced) AS unpriced
       FROM (SELECT * FROM usage_daily WHERE day >= ?1 ORDER BY day LIMIT ${SUMS_PER_CALL})
       WHERE unpriced > 0 GROUP BY day, account_id, model`,
    ).bind(day, offsetMs(env)),
    env.DB.prepare(
      `SELECT hour FROM ${UNPRICED_HOURS} AND hour >= ?1 ORDER BY hour LIMIT 1 OFFSET ${SUMS_PER_CALL - 1}`,
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
  // The last hour may have been seen only in part, so the next call begins with it. If one hour fills the whole budget, the rest of
  // it is passed over.
  const horizon = last === undefined ? null : Math.max(Number(last), hour + 1) * HOUR_MS;
  return { slices: slices.sort((one, other) => one.start - other.start), horizon };
}

/** For how many hours one call reads the log, which has about 2,000 requests an hour when the free plan is used to the full. */
const STRETCHES_PER_CALL = 24;

/** The part of a log row that its price depends on. */
export interface UnpricedRequest extends Usage {
  id: string;
  time: number;
  keyId: string;
  accountId: string | null;
  model: string;
  /** Null in rows that were booked before this column existed. */
  servedModel: string | null;
  priceMode: PriceMode;
}

/** A stretch of a model that has a price now, and the units for which this price still says nothing. */
export interface PriceableSlice extends Slice {
  lacks: readonly UnitField[];
}

/** Whether a row used a unit that has no price: after account and model, a pair has one place for each unit, in UNIT_FIELDS' order. */
const LACKS = UNIT_FIELDS.map((field, at) => `(${USAGE_COLUMNS[field]} > 0 AND pair.value ->> ${at + 2})`).join(" OR ");

/** The stretches come first (`CROSS JOIN` keeps the order), so that each is a range of the primary key. */
const FIND_UNPRICED = `SELECT requests.id, time, key_id AS keyId, account_id AS accountId, model, served_model AS servedModel, price_mode AS priceMode,
    ${USAGE_FIELDS.map((field) => `${USAGE_COLUMNS[field]} AS ${field}`).join(", ")}
  FROM json_each(?1) AS stretch CROSS JOIN requests
    ON requests.id >= stretch.value ->> 0 AND requests.id < stretch.value ->> 1
  WHERE unpriced = 1 AND EXISTS (SELECT 1 FROM json_each(?2) AS pair
      WHERE coalesce(account_id, '') = pair.value ->> 0 AND model = pair.value ->> 1 AND NOT (${LACKS}))
  LIMIT ?3`;

/** At most `limit` unpriced log rows of the slices, oldest first. `next` is where the rest begins; null: there is none. */
export async function rowsOfSlices(
  env: Env,
  slices: readonly PriceableSlice[],
  limit: number,
): Promise<{ rows: UnpricedRequest[]; next: number | null }> {
  const starts = [...new Set(slices.map(({ start }) => start))];
  const chosen = starts.slice(0, STRETCHES_PER_CALL);
  const within = slices.filter(({ start }) => chosen.includes(start));
  const stretches = chosen.map((start) => {
    const end = within.find((slice) => slice.start === start)?.end ?? start;
    return [firstIdAt("req", start), firstIdAt("req", end)];
  });
  const pairs = within.map(({ accountId, model, lacks }) => [
    ...[accountId, model],
    ...UNIT_FIELDS.map((field) => (lacks.includes(field) ? 1 : 0)),
  ]);
  if (stretches.length === 0) return { rows: [], next: null };
  const { results: rows } = await env.DB.prepare(FIND_UNPRICED)
    .bind(JSON.stringify(stretches), JSON.stringify(pairs), limit)
    .all<UnpricedRequest>();
  const last = rows.at(-1);
  // If a day was folded while hours of it were booked anew, its rows come twice: for the day and for the hour.
  const distinct = [...new Map(rows.map((row) => [row.id, row])).values()];
  if (rows.length < limit || !last) return { rows: distinct, next: starts[STRETCHES_PER_CALL] ?? null };
  // The last row's stretch may hold more rows. Those that are priced by then are not found again.
  return { rows: distinct, next: starts.findLast((start) => start <= last.time) ?? null };
}

export interface UnpricedModel {
  model: string;
  requests: number;
  /** Of all the sums that hold such a request, so priced requests of the same hour count too. */
  tokens: number;
  /** The beginning of the last such hour (or day). */
  lastUsedAt: number;
}

const MODELS_LISTED = 200;
const TOKENS = "input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens + output_tokens";

/** Models with unpriced requests since the log begins, most requests first. Reads the newest sums when there are many. */
export async function unpricedModels(env: Env): Promise<UnpricedModel[]> {
  const oldest = await oldestTime(env);
  if (oldest === null) return [];
  const { results } = await env.DB.prepare(
    `SELECT model, sum(unpriced) AS requests, sum(${TOKENS}) AS tokens, max(start) AS lastUsedAt FROM (
       SELECT * FROM (SELECT hour * ${HOUR_MS} AS start, * FROM ${UNPRICED_HOURS} AND hour >= ?1 ORDER BY hour DESC
         LIMIT ${SUMS_PER_CALL})
       UNION ALL
       SELECT * FROM (SELECT day * ${DAY_MS} - ?3 AS start, * FROM usage_daily WHERE day >= ?2 ORDER BY day DESC
         LIMIT ${SUMS_PER_CALL})
     ) WHERE unpriced <> 0 GROUP BY model HAVING requests > 0 ORDER BY requests DESC, model LIMIT ${MODELS_LISTED}`,
  )
    .bind(Math.floor(oldest / HOUR_MS), Math.floor((oldest + offsetMs(env)) / DAY_MS), offsetMs(env))
    .all<UnpricedModel>();
  return results;
}

/** When the log's oldest request came; null if the log is empty. */
async function oldestTime(env: Env): Promise<number | null> {
  const rows = drizzle(env.DB).select({ time: requests.time }).from(requests).orderBy(requests.id).limit(1);
  return (await rows.get())?.time ?? null;
}
