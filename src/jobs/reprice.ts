/**
 * Prices requests that were booked before their model's price was known: in the log, in the sums and at the key's gate, exactly
 * once. They were charged provisionally, so the difference may go either way. A call takes some hundred rows; the caller calls
 * again until nothing is left.
 *
 * A row is claimed by its `unpriced` flag, in the one transaction that also moves its money into the hourly sums and notes what
 * its key's gate must hear of (`corrections.ts`). The multipliers of key and account are today's, because the log does not hold
 * those of the day. Requests older than the log stay unpriced, because sums do not say what each request used.
 */
import { recordId } from "../ground/record-id.ts";
import type { Account } from "../pool/account.ts";
import { chainFor } from "../pool/aliases.ts";
import { upstreamModel } from "../pool/models.ts";
import { builtInPrices } from "../pricing/built-in.ts";
import { applyMultiplier, costOf } from "../pricing/cost.ts";
import { resolvePrice } from "../pricing/resolve.ts";
import { mergePrices } from "../pricing/table.ts";
import { CORRECTION_PREFIX, sendCorrections } from "../store/corrections.ts";
import { forgetDayCosts } from "../store/day-costs.ts";
import { keyMultipliers } from "../store/multipliers.ts";
import { readPriceSources } from "../store/prices.ts";
import { loadPool } from "../store/snapshot.ts";
import { rowsOfSlices, type Slice, type UnpricedRequest, unpricedSlices } from "../store/unpriced.ts";
import { type Aliases, UNIT_FIELDS, USAGE_COLUMNS } from "../vocabulary.ts";

/** As many rows as the free plan's 10 ms of CPU can price; D1 does the unpacking and writing. */
export const ROWS_PER_CALL = 500;

export interface Repriced {
  repriced: number;
  /** How many requests are known to be left that can be priced. */
  left: number;
  /** Where to go on, milliseconds since the epoch; null: there is nothing left. */
  next: number | null;
  /** How many gates have not heard of their correction; the next call, or the cron, tells them. */
  gatesLeft: number;
}

/** Prices the next unpriced requests from `from` (milliseconds since the epoch) on whose models have a price now. */
export async function reprice(env: Env, now: number, from = 0): Promise<Repriced> {
  const { refreshed, overrides } = await readPriceSources(env);
  const prices = mergePrices(builtInPrices(), refreshed, overrides);
  const { accounts, aliases } = await loadPool(env, now);
  const accountOf = (id: string | null) => accounts.find((account) => account.id === id);

  const { slices, horizon } = await unpricedSlices(env, from);
  const priceable = slices.flatMap((slice) => {
    const names = upstreamNames(slice.model, accountOf(slice.accountId), aliases);
    const price = names.map((name) => resolvePrice(prices, name)).find((each) => each !== null);
    return price ? [{ ...slice, lacks: UNIT_FIELDS.filter((field) => price.units?.[field] === undefined) }] : [];
  });
  const found = await rowsOfSlices(env, priceable, ROWS_PER_CALL);
  const keyIds = found.rows.map(({ keyId }) => keyId);
  const multipliers = await keyMultipliers(env, keyIds);
  const priced = found.rows.flatMap((row) => {
    const account = accountOf(row.accountId);
    const price = resolvePrice(prices, row.servedModel ?? upstreamNames(row.model, account, {})[0] ?? row.model);
    // The model that serves the name today need not be the one that served it.
    if (!price) return [];
    // The row has every count that a usage has, under the same names.
    const atAccount = applyMultiplier(costOf(price, row, row.priceMode), account?.costMultiplierMilli ?? 1_000);
    return [{ id: row.id, nanos: applyMultiplier(atAccount, multipliers.get(row.keyId) ?? 1_000) }];
  });
  const repriced = await book(env, now, priced);
  const gatesLeft = await sendCorrections(env);

  const next = found.next ?? horizon;
  return { repriced, left: leftFrom(priceable, found.next, found.rows), next, gatesLeft };
}

/** The models that an account may have been asked for under a client's name for a model. Aliases of single keys are not known here. */
function upstreamNames(model: string, account: Account | undefined, aliases: Aliases): string[] {
  const names = [model, ...(chainFor(aliases, model) ?? []).map((step) => step.model)];
  return account ? names.map((name) => upstreamModel(account, name)) : names;
}

/** The rows that nobody has priced meanwhile. `CROSS JOIN` keeps SQLite from reading the whole log. */
const CLAIMED = `json_each(?1) AS priced CROSS JOIN requests
  ON requests.id = priced.value ->> 'id' AND requests.unpriced = 1`;

const NOTE_CORRECTIONS = `INSERT INTO settings (name, value)
  SELECT ?2 || key_id, json_group_array(json_array(time + duration_ms, priced.value ->> 'nanos' - cost_nanos))
  FROM ${CLAIMED} GROUP BY key_id HAVING sum(priced.value ->> 'nanos' - cost_nanos) <> 0`;

/**
 * If the hour was folded into its day already, this adds a new row for the hour, which retention folds too. Until then that
 * row counts less than zero unpriced requests, and the sum of day and hour is right.
 */
const COUNTS = Object.values(USAGE_COLUMNS);
const MOVE_SUMS = `INSERT INTO usage_hourly (hour, key_id, account_id, model, requests, errors, ${COUNTS.join(", ")},
    cost_nanos, unpriced)
  SELECT time / 3600000 AS hour, key_id, coalesce(account_id, '') AS account, model, 0, 0, ${COUNTS.map(() => "0").join(", ")},
    sum(priced.value ->> 'nanos' - cost_nanos), -count(*)
  FROM ${CLAIMED} GROUP BY hour, key_id, account, model
  ON CONFLICT DO UPDATE SET cost_nanos = cost_nanos + excluded.cost_nanos, unpriced = unpriced + excluded.unpriced`;

/** Changes only rows that exist: hours from before there were sums by client have none. */
const MOVE_CLIENT_SUMS = `UPDATE client_hourly SET cost_nanos = client_hourly.cost_nanos + moved.nanos,
    unpriced = client_hourly.unpriced - moved.requests
  FROM (SELECT time / 3600000 AS hour, key_id, client, sum(priced.value ->> 'nanos' - cost_nanos) AS nanos,
      count(*) AS requests FROM ${CLAIMED} GROUP BY hour, key_id, client) AS moved
  WHERE client_hourly.hour = moved.hour AND client_hourly.key_id = moved.key_id AND client_hourly.client = moved.client`;

/** Comes last, because it removes the flag that the other statements go by. */
const PRICE_REQUESTS = `UPDATE requests SET cost_nanos = priced.value ->> 'nanos', unpriced = 0
  FROM json_each(?1) AS priced WHERE requests.id = priced.value ->> 'id' AND requests.unpriced = 1`;

async function book(env: Env, now: number, priced: { id: string; nanos: number }[]): Promise<number> {
  if (priced.length === 0) return 0;
  const json = JSON.stringify(priced);
  const [, , , written] = await env.DB.batch([
    env.DB.prepare(NOTE_CORRECTIONS).bind(json, `${CORRECTION_PREFIX}${recordId("cor", now)}/`),
    env.DB.prepare(MOVE_SUMS).bind(json),
    env.DB.prepare(MOVE_CLIENT_SUMS).bind(json),
    env.DB.prepare(PRICE_REQUESTS).bind(json),
    forgetDayCosts(env),
  ]);
  return written?.meta.changes ?? 0;
}

/** How many unpriced requests the slices from `next` on still hold, without those that were priced now. */
function leftFrom(slices: Slice[], next: number | null, rows: UnpricedRequest[]): number {
  if (next === null) return 0;
  const left = slices.filter(({ start }) => start >= next).reduce((total, { unpriced }) => total + unpriced, 0);
  return Math.max(0, left - rows.filter(({ time }) => time >= next).length);
}
