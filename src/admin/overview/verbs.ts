/**
 * The overview, made from the same sums, states and counters that its pages show one by one. What it reads is bounded: the sums of the
 * range (for the buckets, and once more for the keys and for the models unless the buckets are split by them), of the period of the same
 * length before, and of today and yesterday for the month.
 */
import { inArray } from "drizzle-orm";
import { DAY_MS, HOUR_MS } from "../../ground/durations.ts";
import { formatUsd } from "../../pricing/money.ts";
import { kindOf } from "../../providers/kinds.ts";
import { loadPrices } from "../../store/prices.ts";
import { apiKeys } from "../../store/schema.ts";
import { listAccounts } from "../accounts/verbs.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { isoTime } from "../api/values.ts";
import { selectKeysWithFigures } from "../keys/records.ts";
import type { KeyBudgetsView } from "../keys/schema.ts";
import { budgetsInD1 } from "../keys/standing.ts";
import type { UsageRow } from "../usage/query.ts";
import { bucketName, bucketsOf, readSums, readTotals, sumsOf } from "../usage/verbs.ts";
import { readAttention } from "./attention.ts";
import { cacheSavings, cacheShare } from "./cache.ts";
import { readMeter } from "./meter.ts";
import { readMonth } from "./month.ts";
import type { OverviewView, ReadOverview, STACKS } from "./schema.ts";
import { bySecondGroup, nanosOf, stackOf, tilesOf } from "./series.ts";

/** Longer ranges are shown by day. */
const MOST_HOURS_MS = 3 * DAY_MS;
/** As many groups of buckets and models as the free plan's CPU can add up. Beyond that, the cost is not split. */
export const MOST_ROWS = 1_000;
const MOST_ACCOUNTS = 200;
const TOP_KEYS = 10;

export async function readOverview(context: VerbContext, input: ReadOverview): Promise<VerbResult<OverviewView>> {
  const { env, now } = context;
  const to = Math.ceil((input.to ?? now) / HOUR_MS) * HOUR_MS;
  const from = Math.floor((input.from ?? to - DAY_MS) / HOUR_MS) * HOUR_MS;
  const bucket = to - from <= MOST_HOURS_MS ? "hour" : "day";
  const range = { from, to };
  const by = (then_by?: (typeof STACKS)[number]) =>
    ({ group_by: bucket, then_by, ...range, limit: MOST_ROWS }) as const;
  const stacked = await readSums(context, by(input.stack), MOST_ROWS, 0);
  if (!stacked.ok) return stacked;
  const { rows, totals } = stacked.value;
  const isStacked = rows.length <= MOST_ROWS;
  // If the buckets are split by it already, it is not read again for the whole range.
  const readBy = async (group_by: (typeof STACKS)[number], limit: number): Promise<UsageRow[]> => {
    if (isStacked && group_by === input.stack) return bySecondGroup(rows).slice(0, limit);
    const read = await readSums(context, { group_by, ...range, limit }, limit, 0);
    return read.ok ? read.value.rows.slice(0, limit) : [];
  };
  const [before, models, keys, listed] = await Promise.all([
    readTotals(context, from - (to - from), from),
    readBy("model", MOST_ROWS),
    readBy("key", TOP_KEYS),
    listAccounts(context, { limit: MOST_ACCOUNTS }),
  ]);
  const accounts = listed.ok ? listed.value.items : [];
  const plain = isStacked ? stacked : await readSums(context, by(), MOST_ROWS, 0);
  const inBuckets = plain.ok ? plain.value.rows : [];
  const offset = (Number(env.TIMEZONE_OFFSET) || 0) * HOUR_MS;
  const buckets = bucketsOf([bucket], range, offset) ?? [];
  const renewing = accounts.filter(({ platform, kind }) => kindOf(platform, kind)?.oauth).length;
  const [budgets, attention, meter, month, prices] = await Promise.all([
    readBudgets(env, keys, now),
    readAttention(env, accounts, Number(totals.unpriced ?? 0), now),
    readMeter(env, renewing, now),
    readMonth(context),
    loadPrices(env, now),
  ]);
  return {
    ok: true,
    value: {
      from: isoTime(from),
      to: isoTime(to),
      buckets: buckets.map((at) => bucketName(bucket, at)),
      attention,
      tiles: tilesOf(inBuckets, buckets, totals, before),
      stack: isStacked ? stackOf(rows, buckets) : [],
      totals: sumsOf(totals),
      cache: { share: cacheShare(totals), saved_usd: formatUsd(cacheSavings(models, prices)) },
      top_keys: keys.map((row) => ({
        id: String(row.group_1),
        name: row.name_1,
        requests: Number(row.requests ?? 0),
        cost_usd: formatUsd(nanosOf(row)),
        budgets: budgets.get(String(row.group_1)) ?? null,
      })),
      accounts: accounts.map(({ id, name, platform, status, status_until }) => ({
        ...{ id, name, platform, status },
        until: status_until,
      })),
      meter,
      month,
    },
  };
}

async function readBudgets(env: Env, keys: readonly UsageRow[], now: number): Promise<Map<string, KeyBudgetsView>> {
  const ids = keys.map(({ group_1 }) => group_1);
  if (ids.length === 0) return new Map();
  const rows = await selectKeysWithFigures(env).where(inArray(apiKeys.id, ids.map(String)));
  return new Map(rows.map((key) => [key.row.id, budgetsInD1(env, key, now)]));
}
