/**
 * What each day has cost, of the relay's own days. A month makes more sums than one report may read, and those of a day that is over
 * do not change any more: so what such days have cost is kept, some are added to it by whoever asks while any are missing, and only
 * the sums of today and yesterday are read each time. What is booked later than that into a day counts in the reports, and not
 * here; pricing requests after the fact forgets all of it.
 */
import { DAY_MS, HOUR_MS } from "../../ground/durations.ts";
import { DAY_COSTS } from "../../store/day-costs.ts";
import { dayOfHour, offsetMs } from "../../store/days.ts";
import { MOST_SUMS } from "../usage/query.ts";

/** Sums that one call adds up for days that are over. */
const SUMS_PER_CALL = 20_000;

interface Kept {
  /** What days are goes by it. */
  offset: number;
  /** Days since the epoch; the costs, in nano-dollars, are of it and of those that follow. */
  first: number;
  costs: number[];
}

/**
 * Nano-dollars of each day from `first` on up to today, by days since the epoch in the relay's TIMEZONE_OFFSET. Null while days
 * are missing, and where today and yesterday make more sums than one report reads.
 */
export async function readDayCosts(env: Env, now: number, first: number): Promise<ReadonlyMap<number, number> | null> {
  const offset = offsetMs(env);
  const today = Math.floor((now + offset) / DAY_MS);
  // A request that is under way at midnight is booked some minutes later, and one that nobody settles within the day.
  const open = Math.max(first, today - 1);
  const { text, kept } = await readKept(env, offset, first);
  const missing = first + kept.length;
  const added = missing < open ? await readOver(env, offset, missing, open) : [];
  const costs = [...kept, ...added];
  if (added.length > 0) await keep(env, { offset, first, costs }, text);
  if (first + costs.length < open) return null;
  const live = await readOpen(env, offset, open, today);
  return live && new Map([...costs.map((cost, at) => [first + at, cost] as const), ...live]);
}

/** Those of the kept costs that are wanted; none where they are of other days. With the row's text, for `keep`. */
async function readKept(env: Env, offset: number, first: number): Promise<{ text: string | null; kept: number[] }> {
  const text = await env.DB.prepare("SELECT value FROM settings WHERE name = ?1")
    .bind(DAY_COSTS)
    .first<string>("value");
  const row: Partial<Kept> | null = text === null ? null : JSON.parse(text);
  if (row?.offset !== offset || row.first === undefined || row.first > first) return { text, kept: [] };
  return { text, kept: (row.costs ?? []).slice(first - row.first) };
}

/** Unless they were forgotten, or kept by somebody else, since `before` was read. */
async function keep(env: Env, kept: Kept, before: string | null): Promise<void> {
  const value = JSON.stringify(kept);
  const statement =
    before === null
      ? env.DB.prepare("INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING").bind(
          DAY_COSTS,
          value,
        )
      : env.DB.prepare("UPDATE settings SET value = ?2 WHERE name = ?1 AND value = ?3").bind(DAY_COSTS, value, before);
  await statement.run();
}

/** Of the days from `from` on, before `to`, as many as can be read at once, from the first on. */
async function readOver(env: Env, offset: number, from: number, to: number): Promise<number[]> {
  const { results } = await env.DB.prepare(
    `SELECT folded, day, count(*) AS read, sum(cost_nanos) AS nanos FROM (
       SELECT * FROM (SELECT 0 AS folded, ${dayOfHour("?5")} AS day, cost_nanos FROM usage_hourly
         WHERE hour >= ?1 AND hour < ?2 ORDER BY hour LIMIT ${SUMS_PER_CALL})
       UNION ALL
       SELECT * FROM (SELECT 1, day, cost_nanos FROM usage_daily WHERE day >= ?3 AND day < ?4 ORDER BY day LIMIT ${SUMS_PER_CALL})
     ) GROUP BY folded, day ORDER BY day`,
  )
    .bind(hourOf(from, offset), hourOf(to, offset), from, to, offset)
    .all<{ folded: number; day: number; read: number; nanos: number }>();
  // A list that was cut off has its last day in part.
  const ends = [0, 1].map((folded) => {
    const own = results.filter((row) => row.folded === folded);
    const read = own.reduce((sum, row) => sum + row.read, 0);
    return read < SUMS_PER_CALL ? to : (own.at(-1)?.day ?? from);
  });
  const costOf = (day: number) => results.reduce((sum, row) => sum + (row.day === day ? row.nanos : 0), 0);
  return Array.from({ length: Math.max(0, Math.min(...ends) - from) }, (_, at) => costOf(from + at));
}

/** Of the days that are not over; in one pass and without groups, which D1 counts each sum twice for. */
async function readOpen(
  env: Env,
  offset: number,
  open: number,
  today: number,
): Promise<readonly (readonly [day: number, nanos: number])[] | null> {
  const row = await env.DB.prepare(
    `SELECT count(*) AS read, sum(iif(day < ?4, cost_nanos, 0)) AS before, sum(iif(day < ?4, 0, cost_nanos)) AS today FROM (
       SELECT * FROM (SELECT ${dayOfHour("?3")} AS day, cost_nanos FROM usage_hourly WHERE hour >= ?1 LIMIT ${MOST_SUMS + 1})
       UNION ALL
       SELECT * FROM (SELECT day, cost_nanos FROM usage_daily WHERE day >= ?2 LIMIT ${MOST_SUMS + 1})
     )`,
  )
    .bind(hourOf(open, offset), open, offset, today)
    .first<{ read: number; before: number | null; today: number | null }>();
  if (!row || row.read > MOST_SUMS) return null;
  const ofToday = [today, row.today ?? 0] as const;
  return open < today ? [[open, row.before ?? 0], ofToday] : [ofToday];
}

/** The first hour of the day, since the epoch. An hour belongs to the day of its beginning. */
function hourOf(day: number, offset: number): number {
  return Math.ceil((day * DAY_MS - offset) / HOUR_MS);
}
