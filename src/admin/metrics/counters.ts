/** The counters of `/metrics`, which are stored in D1 and continued there. */
import { HOUR_MS, MINUTE_MS } from "../../ground/durations.ts";
import { SUMMED_UP } from "../../store/sums.ts";
import { textOf, totalsIn } from "./stored-totals.ts";
import { type Counters, type Hours, highest, NOTHING, plus, type Totals } from "./totals.ts";

const NAME = "metric_totals";
/** A lease lapses after 15 minutes, and a gate tells D1 within three. Anything later is due to an outage. */
const CLOSED_AFTER_MS = 30 * MINUTE_MS;
/** After a longer pause the hours in between are skipped, and counting continues from what was shown last. */
const MOST_HOURS = 48;

/** What was counted since the first scrape. Costs one written row of D1 if something has changed. */
export async function readCounters(env: Env, now: number): Promise<Counters> {
  const stored = await env.DB.prepare("SELECT value FROM settings WHERE name = ?1").bind(NAME).first<string>("value");
  const open = Math.floor((now - CLOSED_AFTER_MS) / HOUR_MS);
  const before: Totals = stored ? totalsIn(stored) : { hour: open, revision: 0, closed: NOTHING, shown: NOTHING };
  const isPassedOver = open - before.hour > MOST_HOURS;
  const from = isPassedOver ? open : before.hour;
  const [sums, refusals] = await env.DB.batch<Record<string, unknown>>([
    env.DB.prepare(
      `SELECT hour < ?2 AS closed, account_id, model, ${SUMMED_UP} FROM usage_hourly WHERE hour >= ?1
         GROUP BY closed, account_id, model`,
    ).bind(from, open),
    env.DB.prepare(
      `SELECT hour < ?2 AS closed, reason, sum(count) AS count FROM refusals_hourly WHERE hour >= ?1
         GROUP BY closed, reason`,
    ).bind(from, open),
  ]);
  const hours = (closed: 0 | 1): Hours => {
    const those = (result: typeof sums) => (result?.results ?? []).filter((row) => row.closed === closed);
    return { sums: those(sums) as unknown as Hours["sums"], refusals: those(refusals) as unknown as Hours["refusals"] };
  };
  // If hours are skipped, what was shown of them is not read again. It counts as closed, or new counts would hide behind it.
  const named = Object.keys(before.shown.sums);
  const closed = isPassedOver ? before.shown : plus(before.closed, hours(1), named);
  const shown = highest(before.shown, plus(closed, hours(0), named));
  await write(env, { hour: Math.max(open, before.hour), revision: before.revision + 1, closed, shown }, stored);
  return shown;
}

/** Writes unless nothing has changed, or another scrape was first. After a failure the counters may only be less steady. */
async function write(env: Env, after: Totals, before: string | null): Promise<void> {
  if (before && textOf({ ...totalsIn(before), revision: 0 }) === textOf({ ...after, revision: 0 })) return;
  await env.DB.prepare(
    `INSERT INTO settings (name, value) VALUES (?1, ?2)
     ON CONFLICT DO UPDATE SET value = excluded.value WHERE json_extract(value, '$.revision') = ?3`,
  )
    .bind(NAME, textOf(after), after.revision - 1)
    .run()
    .catch(() => undefined);
}
