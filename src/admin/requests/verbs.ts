/** Reading the request log, newest first. */
import { and, desc, gte } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { flushRecentlySettled } from "../../gate/recently-settled.ts";
import { formatUsd } from "../../pricing/money.ts";
import { requests } from "../../store/schema.ts";
import { usageView } from "../../vocabulary.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import type { Page } from "../api/paging.ts";
import { readPage } from "../api/paging.ts";
import { conditionsOf, idAt, rangeOf } from "./filters.ts";
import type { ListRequests, RequestView } from "./schema.ts";

/** One page of the log. What the gates have settled but not yet written is brought in first. */
export async function listRequests({ env }: VerbContext, input: ListRequests): Promise<VerbResult<Page<RequestView>>> {
  await flushRecentlySettled(env);
  const range = rangeOf(input);
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
  return { ok: true, value: { items: rows.map(viewOf), next_cursor: next } };
}

function viewOf(row: typeof requests.$inferSelect): RequestView {
  return {
    id: row.id,
    time: new Date(row.time).toISOString(),
    key_id: row.keyId,
    account_id: row.accountId,
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
