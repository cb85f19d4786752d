/** Reading the request log, newest first. */
import { and, desc, eq, gt, gte } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { flushRecentlySettled } from "../../gate/recently-settled.ts";
import { sharedOut } from "../../pricing/cost.ts";
import { formatUsd } from "../../pricing/money.ts";
import { resolvePrice } from "../../pricing/resolve.ts";
import type { PriceTable } from "../../pricing/table.ts";
import { loadPrices } from "../../store/prices.ts";
import { requests } from "../../store/schema.ts";
import { usageView } from "../../vocabulary.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import type { Page } from "../api/paging.ts";
import { readPage } from "../api/paging.ts";
import { conditionsOf, idAt, rangeOf } from "./filters.ts";
import type { CostLinesView, ListRequests, RequestDetailView, RequestView } from "./schema.ts";

/** One page of the log. What the gates have settled but not yet written is written first. */
export async function listRequests({ env }: VerbContext, input: ListRequests): Promise<VerbResult<Page<RequestView>>> {
  await flushRecentlySettled(env);
  const range = and(rangeOf(input), input.since ? gt(requests.id, input.since) : undefined);
  const conditions = conditionsOf(input);
  const { rows, next } = await readPage<typeof requests.$inferSelect, string>({
    limit: input.limit,
    filtered: conditions !== undefined,
    positionOf: (row) => row.id,
    positionAt: (offset) => idAt(env, range, offset),
    rows: (end, limit) =>
      drizzle(env.DB)
        .select()
        .from(requests)
        .where(and(range, end ? gte(requests.id, end) : undefined, conditions))
        .orderBy(desc(requests.id))
        .limit(limit)
        .all(),
  });
  const names = await namesIn(env, rows);
  return { ok: true, value: { items: rows.map((row) => viewOf(row, names)), next_cursor: next } };
}

const NO_SUCH_REQUEST = {
  ok: false,
  refusal: { reason: "not_found", message: "There is no such request in the log; it may be in flight, or too old" },
} as const;

/** One request of the log, with each try. If the log lacks it, what is not written yet is written first. */
export async function readRequest({ env, now }: VerbContext, id: string): Promise<VerbResult<RequestDetailView>> {
  const db = drizzle(env.DB);
  const find = () => db.select().from(requests).where(eq(requests.id, id)).get();
  let row = await find();
  if (!row) {
    await flushRecentlySettled(env);
    row = await find();
  }
  if (!row) return NO_SUCH_REQUEST;
  const [names, prices] = await Promise.all([namesIn(env, [row]), loadPrices(env, now)]);
  return {
    ok: true,
    value: {
      ...viewOf(row, names),
      attempts: row.attempts.map((attempt) => ({ ...attempt, account_name: names.get(attempt.account_id) ?? null })),
      cost_lines_usd: costLinesOf(row, prices),
    },
  };
}

type Row = typeof requests.$inferSelect;

function costLinesOf(row: Row, prices: PriceTable): CostLinesView | null {
  const price = resolvePrice(prices, row.servedModel ?? row.model) ?? resolvePrice(prices, row.model);
  const parts = price && row.costNanos > 0 ? sharedOut(price, row, row.priceMode, row.costNanos) : null;
  return (
    parts && {
      input_tokens: formatUsd(parts.input),
      cache_read_tokens: formatUsd(parts.cacheRead),
      cache_write_5m_tokens: formatUsd(parts.cacheWrite5m),
      cache_write_1h_tokens: formatUsd(parts.cacheWrite1h),
      output_tokens: formatUsd(parts.output),
      other: formatUsd(parts.other),
    }
  );
}

/** The names of the keys and accounts that rows and their tries refer to, by id. */
async function namesIn(env: Env, rows: readonly Row[]): Promise<ReadonlyMap<string, string>> {
  if (rows.length === 0) return new Map();
  const keyIds = new Set(rows.map(({ keyId }) => keyId));
  const accountIds = new Set(
    rows.flatMap(({ accountId, attempts }) => [accountId ?? [], attempts.map(({ account_id }) => account_id)].flat()),
  );
  const named = (table: string, ids: ReadonlySet<string>) =>
    env.DB.prepare(`SELECT id, name FROM ${table} WHERE id IN (SELECT value FROM json_each(?1))`).bind(
      JSON.stringify([...ids]),
    );
  const found = await env.DB.batch<{ id: string; name: string }>([
    named("api_keys", keyIds),
    ...(accountIds.size > 0 ? [named("accounts", accountIds)] : []),
  ]);
  return new Map(found.flatMap(({ results }) => results.map(({ id, name }) => [id, name] as const)));
}

function viewOf(row: Row, names: ReadonlyMap<string, string>): RequestView {
  return {
    id: row.id,
    time: new Date(row.time).toISOString(),
    key_id: row.keyId,
    key_name: names.get(row.keyId) ?? null,
    account_id: row.accountId,
    account_name: row.accountId === null ? null : (names.get(row.accountId) ?? null),
    platform: row.platform,
    client: row.client,
    session_id: row.sessionId,
    agent_id: row.agentId,
    parent_agent_id: row.parentAgentId,
    protocol: row.protocol,
    upstream_protocol: row.upstreamProtocol,
    model: row.model,
    served_model: row.servedModel,
    status: row.status,
    outcome: row.outcome,
    stream: row.stream,
    ...usageView(row),
    cost_usd: formatUsd(row.costNanos),
    unpriced: row.unpriced,
    estimated: row.estimated,
    ttft_ms: row.ttftMs,
    duration_ms: row.durationMs,
    attempts: row.attempts,
  };
}
