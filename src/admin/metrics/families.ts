/** The families of `/metrics`, with their names. Pure: made from what was read. */
import { formatUsd } from "../../pricing/money.ts";
import { BUCKETS, type Latency } from "../../store/latency.ts";
import { OUTCOMES } from "../../store/schema.ts";
import { outcomeColumn } from "../../store/sums.ts";
import { USAGE_COLUMNS } from "../../vocabulary.ts";
import type { AccountView } from "../accounts/schema.ts";
import type { Gates } from "../health/gates.ts";
import type { ApiKeyStandingView } from "../keys/schema.ts";
import type { MeterView } from "../overview/schema.ts";
import { type Family, histogram, type Sample } from "./exposition.ts";
import { accountAndModel, type Counters, type Sums } from "./totals.ts";

export interface Measured {
  version: string;
  counters: Counters;
  accounts: readonly AccountView[];
  keys: readonly { id: string; name: string; standing: ApiKeyStandingView }[];
  gates: Gates;
  meter: MeterView;
  /** Milliseconds since the epoch; null: it has never run. */
  cronAt: number | null;
  /** Null: there is no feed, or it was not read yet. */
  feed: { at: string; ok: boolean } | null;
}

/** Prometheus counts in seconds. */
const SECOND_MS = 1_000;

export function familiesOf(measured: Measured): Family[] {
  const { version, counters, accounts, keys, gates, meter, cronAt, feed } = measured;
  const labelled = new Map(accounts.map((account) => [account.id, labelsOf(account)]));
  const rows = Object.entries(counters.sums).map(([pair, sums]): Row => {
    const { accountId, model } = accountAndModel(pair);
    return { account: labelled.get(accountId) ?? { account: accountId, name: "", platform: "" }, model, sums };
  });
  const summed = (of: (sums: Sums) => readonly (readonly [Sample["labels"], number | undefined])[]): Sample[] =>
    rows.flatMap(({ account, model, sums }) =>
      of(sums).flatMap(([more, value]) => (value ? [{ labels: { ...account, model, ...more }, value }] : [])),
    );
  return [
    gauge("edge_relay_info", "The relay's version.", [{ labels: { version }, value: 1 }]),
    counter(
      "edge_relay_requests_total",
      "Relayed requests that have ended, by how.",
      summed((sums) => OUTCOMES.map((outcome) => [{ outcome }, sums[outcomeColumn(outcome)]])),
    ),
    counter(
      "edge_relay_request_errors_total",
      "Requests answered with a status of 400 or above, or broken off by the upstream.",
      summed((sums) => [[{}, sums.errors]]),
    ),
    counter(
      "edge_relay_tokens_total",
      "Tokens by kind; what is reasoning is in output too.",
      summed((sums) =>
        Object.values(USAGE_COLUMNS).flatMap((column) =>
          column.endsWith("_tokens") ? [[{ kind: column.slice(0, -"_tokens".length) }, sums[column]] as const] : [],
        ),
      ),
    ),
    counter(
      "edge_relay_cost_usd_total",
      "What requests have cost, as their keys are charged.",
      summed((sums) => [[{}, sums.cost_nanos && dollars(sums.cost_nanos)]]),
    ),
    counter(
      "edge_relay_unpriced_requests_total",
      "Requests charged at a stand-in price, for want of their model's own.",
      summed((sums) => [[{}, sums.unpriced]]),
    ),
    latencies("edge_relay_time_to_first_token_seconds", "From a request to its first token.", "ttft", rows),
    latencies("edge_relay_request_duration_seconds", "From a request to its end, of completed ones.", "duration", rows),
    counter(
      "edge_relay_refusals_total",
      "Requests that the relay has refused itself, by reason.",
      Object.entries(counters.refusals).map(([reason, value]) => ({ labels: { reason }, value })),
    ),
    gauge("edge_relay_requests_in_flight", "Requests in flight, by the gates in use.", [plainly(gates.inFlight)]),
    gauge("edge_relay_ledger_waiting", "Booked requests that are not in D1 yet, by the gates in use.", [
      plainly(gates.waiting),
    ]),
    gauge("edge_relay_ledger_quarantined", "Booked requests that D1 has refused for their own sake.", [
      plainly(gates.quarantined),
    ]),
    gauge("edge_relay_gates_failing", "Gates in use that did not answer, or whose last write to D1 has failed.", [
      plainly(gates.unreachable + gates.failing),
    ]),
    gauge(
      "edge_relay_account_state",
      "1 for the state that an account is in.",
      accounts.map((account) => ({ labels: { ...labelsOf(account), state: account.status }, value: 1 })),
    ),
    gauge(
      "edge_relay_account_quota_used_ratio",
      "The used share of an account's limit at its provider, by window.",
      accounts.flatMap((account) =>
        (account.provider_quota?.windows ?? []).flatMap(({ name: window, used }) =>
          used === null ? [] : [{ labels: { ...labelsOf(account), window }, value: used }],
        ),
      ),
    ),
    gauge(
      "edge_relay_key_state",
      "1 for the state that a key is in; the 200 keys that were used last.",
      keys.map(({ id, name, standing }) => ({ labels: { key: id, name, state: standing.state }, value: 1 })),
    ),
    gauge(
      "edge_relay_key_cost_usd",
      "What a key has spent this day, this week and in all.",
      keys.flatMap(({ id, name, standing }) =>
        (
          [
            ["day", standing.today_cost_usd],
            ["week", standing.week_cost_usd],
            ["total", standing.total_cost_usd],
          ] as const
        ).map(([period, usd]) => ({ labels: { key: id, name, period }, value: Number(usd) })),
      ),
    ),
    gauge(
      "edge_relay_allowance_used",
      "What is used today of Cloudflare's free plan.",
      meter.allowances.map(({ name, used }) => ({ labels: { allowance: name }, value: used })),
    ),
    gauge(
      "edge_relay_allowance_limit",
      "What Cloudflare's free plan allows in a day.",
      meter.allowances.map(({ name, limit }) => ({ labels: { allowance: name }, value: limit })),
    ),
    gauge(
      "edge_relay_allowance_exhausted_timestamp_seconds",
      "When an allowance is used up if the day goes on as it has gone; missing: not today.",
      meter.allowances.flatMap(({ name, exhausted_at }) =>
        exhausted_at === null ? [] : [{ labels: { allowance: name }, value: Date.parse(exhausted_at) / SECOND_MS }],
      ),
    ),
    gauge(
      "edge_relay_cron_last_run_timestamp_seconds",
      "When the cron ran last.",
      cronAt === null ? [] : [plainly(cronAt / SECOND_MS)],
    ),
    gauge(
      "edge_relay_price_feed_ok",
      "1 where the price feed was taken last time.",
      feed ? [plainly(Number(feed.ok))] : [],
    ),
    gauge(
      "edge_relay_price_feed_timestamp_seconds",
      "When the price feed was read last.",
      feed ? [plainly(Date.parse(feed.at) / SECOND_MS)] : [],
    ),
  ];
}

const counter = (name: string, help: string, samples: Sample[]): Family => ({ name, help, type: "counter", samples });
const gauge = (name: string, help: string, samples: Sample[]): Family => ({ name, help, type: "gauge", samples });
const plainly = (value: number): Sample => ({ labels: {}, value });
/** Exact to the nano-dollar, as far as a double can be. */
const dollars = (nanos: number) => Number(formatUsd(nanos));

/** Names need not be unique, and may change. */
interface AccountLabels extends Record<string, string> {
  account: string;
  name: string;
  platform: string;
}

interface Row {
  account: AccountLabels;
  model: string;
  sums: Sums;
}

function labelsOf({ id, name, platform }: AccountView): AccountLabels {
  return { account: id, name, platform };
}

/** By account only: a histogram for each model would be ten more series for every model. */
function latencies(name: string, help: string, of: Latency, rows: readonly Row[]): Family {
  const buckets = BUCKETS[of];
  const bounds = buckets.flatMap(({ to }) => (to === null ? [] : [to / SECOND_MS]));
  const samples = [...Map.groupBy(rows, ({ account }) => account.account).values()].flatMap((own) => {
    const counts = buckets.map(({ column }) => own.reduce((sum, { sums }) => sum + (sums[column] ?? 0), 0));
    return own[0] ? histogram(own[0].account, bounds, counts) : [];
  });
  return { name, help, type: "histogram", samples };
}
