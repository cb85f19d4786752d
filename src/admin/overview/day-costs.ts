/**
 * The cost of each of the relay's days. A month has more sums than one report may read, but those of a day that is over no longer change.
 * So the costs of such days are stored; while any are missing, each call adds some; and only the sums of today and yesterday are read
 * every time. What is booked into a day later than that counts in the reports but not here. When requests are priced later, all stored
 * costs are forgotten.
 */
import { DAY_MS, HOUR_MS } from "../../ground/durations.ts";
import { DAY_COSTS } from "../../store/day-costs.ts";
import { dayOfHour, offsetMs } from "../../store/days.ts";
import { MOST_SUMS } from "../usage/query.ts";

/** How many sums one call adds up for days that are over. */
const SUMS_PER_CALL = 20_000;

interface Kept {
  /** The offset that the days go by. */
  offset: number;
  /** Days since the epoch. The costs, in nano-dollars, are of this day and of those that follow. */
  first: number;
  costs: number[];
}

/**
 * Nano-dollars of each day from `first` up to today, by days since the epoch in the relay's TIMEZONE_OFFSET. Null while days are missing,
 * and if today and yesterday have more sums than one report reads.
 */
export async function readDayCosts(env: Env, now: number, first: number): Promise<ReadonlyMap<number, number> | null> {
  const offset = offsetMs(env);
  const today = Math.floor((now + offset) / DAY_MS);
  // A request in flight at midnight is booked some minutes later, and one that nobody settles within the day.
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

/** The stored costs that are wanted; none if they are for other days. With the text of the row, for `keep`. */
async function readKept(env: Env, offset: number, first: number): Promise<{ text: string | null; kept: number[] }> {
  const text = await env.DB.prepare("SELECT value FROM settings WHERE name = ?1")
    .bind(DAY_COSTS)
    .first<string>("value");
  const row: Partial<Kept> | null = text === null ? null : JSON.parse(text);
  if (row?.offset !== offset || row.first === undefined || row.first > first) return { text, kept: [] };
  return { text, kept: (row.costs ?? []).slice(first - row.first) };
}

/** Stores the costs, unless they were deleted or stored by somebody else since `before` was read. */
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

/** The costs of the days from `from` on, before `to`; as many as can be read at once, from the first on. */
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
  // If a list was cut off, its last day is incomplete.
  const ends = [0, 1].map((folded) => {
    const own = results.filter((row) => row.folded === folded);
    const read = own.reduce((sum, row) => sum + row.read, 0);
    return read < SUMS_PER_CALL ? to : (own.at(-1)?.day ?? from);
  });
  const costOf = (day: number) => results.reduce((sum, row) => sum + (row.day === day ? row.nanos : 0), 0);
  return Array.from({ length: Math.max(0, Math.min(...ends) - from) }, (_, at) => costOf(from + at));
}

/** The costs of the days that are not over. In one pass without groups, because with them D1 counts each sum twice. */
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

/** The first hour of the day, since the epoch. An hour belongs to the day in which it begins. */
function hourOf(day: number, offset: number): number {
  return Math.ceil((day * DAY_MS - offset) / HOUR_MS);
}
