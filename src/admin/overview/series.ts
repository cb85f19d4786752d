/** The sums of buckets and of their parts, in the form that charts need. Pure. */
import { formatUsd } from "../../pricing/money.ts";
import { BUCKETS, percentile } from "../../store/latency.ts";
import { OUTCOMES, type Outcome } from "../../store/schema.ts";
import { outcomeColumn, SUM_COLUMNS } from "../../store/sums.ts";
import type { UsageRow } from "../usage/query.ts";
import type { OverviewView, StackView } from "./schema.ts";

/** Nobody can tell more layers apart. The rest becomes one. */
const MOST_STACKED = 6;

export function nanosOf(row: UsageRow | undefined): number {
  return Number(row?.cost_nanos ?? 0);
}

/** `rows`: by bucket, and by something else within it. `before` null: not known. */
export function tilesOf(
  rows: readonly UsageRow[],
  buckets: readonly number[],
  totals: UsageRow,
  before: UsageRow | null,
): OverviewView["tiles"] {
  const series = buckets.map((bucket) => added(rows.filter(({ group_1 }) => group_1 === bucket)));
  const tile = <Value>(of: (row: UsageRow) => Value) => ({
    now: of(totals),
    before: before && of(before),
    series: series.map(of),
  });
  return {
    cost_usd: tile((row) => formatUsd(nanosOf(row))),
    requests: tile((row) => Number(row.requests ?? 0)),
    error_rate: tile(errorRate),
    ttft_p50_ms: tile((row) => ttft(row, 0.5)),
    ttft_p95_ms: tile((row) => ttft(row, 0.95)),
  };
}

/** The most expensive of the second group over all buckets, each with its cost in every bucket; then all others together. */
export function stackOf(rows: readonly UsageRow[], buckets: readonly number[]): StackView[] {
  const totals = new Map<UsageRow["group_2"], number>();
  for (const row of rows) totals.set(row.group_2, (totals.get(row.group_2) ?? 0) + nanosOf(row));
  const dearest = [...totals].sort(([, a], [, b]) => b - a).map(([id]) => id);
  const shown = dearest.slice(0, MOST_STACKED);
  const rest = new Set(dearest.slice(MOST_STACKED));
  const layer = (id: string | null, name: string | null, belongs: (row: UsageRow) => boolean): StackView => {
    const own = rows.filter(belongs);
    const costs = buckets.map((bucket) => nanosOf(added(own.filter(({ group_1 }) => group_1 === bucket))));
    return {
      ...{ id, name },
      total_cost_usd: formatUsd(costs.reduce((sum, cost) => sum + cost, 0)),
      cost_usd: costs.map(formatUsd),
    };
  };
  const layers = shown.map((id) => {
    const name = rows.find(({ group_2 }) => group_2 === id)?.name_2 ?? null;
    return layer(String(id), name, ({ group_2 }) => group_2 === id);
  });
  return rest.size > 0 ? [...layers, layer(null, null, ({ group_2 }) => rest.has(group_2))] : layers;
}

/** The same rows by their second group alone, the most expensive first. */
export function bySecondGroup(rows: readonly UsageRow[]): UsageRow[] {
  return [...Map.groupBy(rows, ({ group_2 }) => group_2)]
    .map(([group_1, own]): UsageRow => ({ ...added(own), group_1, name_1: own[0]?.name_2 ?? null }))
    .sort((a, b) => nanosOf(b) - nanosOf(a) || Number(b.requests) - Number(a.requests));
}

function added(rows: readonly UsageRow[]): UsageRow {
  const sums = SUM_COLUMNS.map((name) => [name, rows.reduce((sum, row) => sum + Number(row[name] ?? 0), 0)]);
  const none = { group_1: null, group_2: null, name_1: null, name_2: null, read: null };
  return { ...none, ...Object.fromEntries(sums) };
}

/** The share of requests, of those with a known outcome, that neither completed nor were left by their client; else that of errors. */
function errorRate(row: UsageRow): number | null {
  const requests = Number(row.requests ?? 0);
  if (requests === 0) return null;
  const ended = (outcome: Outcome) => Number(row[outcomeColumn(outcome)] ?? 0);
  const known = OUTCOMES.reduce((sum, outcome) => sum + ended(outcome), 0);
  const failed = known === 0 ? Number(row.errors ?? 0) : known - ended("completed") - ended("client_left");
  return Math.round((failed / (known || requests)) * 10_000) / 10_000;
}

function ttft(row: UsageRow, of: number): number | null {
  const counts = BUCKETS.ttft.map(({ column }) => Number(row[column] ?? 0));
  return percentile(BUCKETS.ttft, counts, of);
}
