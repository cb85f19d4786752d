/** Sends the figures of a day or a week, once it is over, beside those of the one before. */
import { cacheShare } from "../admin/overview/cache.ts";
import type { UsageRow } from "../admin/usage/query.ts";
import { readSums } from "../admin/usage/verbs.ts";
import type { DigestParams } from "../alerts/alert.ts";
import { openEpisodes, raise } from "../alerts/outbox.ts";
import { type AlertSettings, offsetOf } from "../alerts/settings.ts";
import { dayStart, weekStart } from "../ground/calendar.ts";
import { DAY_MS, HOUR_MS, WEEK_MS } from "../ground/durations.ts";
import { formatUsd } from "../pricing/money.ts";
import { loadPool } from "../store/snapshot.ts";
import { standingIn } from "./accounts.ts";
import { cronContext } from "./context.ts";

const TOP_KEYS = 5;
const MONDAY = 1;

export async function sendDigest(env: Env, { digest, digestHour }: AlertSettings, now: number): Promise<void> {
  if (digest === "off") return;
  const offset = offsetOf(env);
  const to = digest === "day" ? dayStart(now, offset) : weekStart(now, offset, MONDAY, 0);
  const due = to + digestHour * HOUR_MS;
  // If the digest is turned on later than a day after the period's end, it waits for the next one.
  if (now < due || now >= to + DAY_MS) return;
  const length = digest === "day" ? DAY_MS : WEEK_MS;
  const subject = `${digest}/${new Date(to - length).toISOString()}`;
  const told = await openEpisodes(env, ["digest"]);
  if (told.some((one) => one.subject === subject)) return;
  const params = await digestOf(env, digest, { from: to - length, to }, now);
  await raise(env, { type: "digest", subject, params, endsAt: to + 2 * WEEK_MS }, now);
}

async function digestOf(
  env: Env,
  period: "day" | "week",
  { from, to }: { from: number; to: number },
  now: number,
): Promise<DigestParams> {
  const context = cronContext(env, now);
  const read = async (range: { from: number; to: number }) => {
    const sums = await readSums(context, { group_by: "key", ...range, limit: TOP_KEYS }, TOP_KEYS, 0);
    if (!sums.ok) throw new Error(sums.refusal.message);
    return sums.value;
  };
  const [is, was, pool] = await Promise.all([
    read({ from, to }),
    read({ from: from - (to - from), to: from }),
    loadPool(env, now),
  ]);
  const both = <Value>(of: (totals: UsageRow) => Value): [Value, Value] => [of(is.totals), of(was.totals)];
  const accounts: Record<string, number> = {};
  for (const account of pool.accounts) {
    const { status } = standingIn(pool, account, now);
    // A digest does not tell that an account was never tried.
    const state = status === "untested" ? "ok" : status;
    accounts[state] = (accounts[state] ?? 0) + 1;
  }
  return {
    ...{ period, from: new Date(from).toISOString(), to: new Date(to).toISOString(), accounts },
    requests: both((totals) => Number(totals.requests ?? 0)),
    errors: both((totals) => Number(totals.errors ?? 0)),
    cost_usd: both((totals) => formatUsd(Number(totals.cost_nanos ?? 0))),
    cache_percent: both((totals) => {
      const share = cacheShare(totals);
      return share === null ? null : Math.round(share * 100);
    }),
    top_keys: is.rows.slice(0, TOP_KEYS).map((row) => ({
      name: row.name_1 ?? String(row.group_1),
      requests: Number(row.requests ?? 0),
      cost_usd: formatUsd(Number(row.cost_nanos ?? 0)),
    })),
  };
}
