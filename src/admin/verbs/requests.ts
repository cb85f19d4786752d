/** Reading the request log, newest first. */
import { and, between, desc, eq, gte, lt, type SQL } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { flushRecent } from "../../gate/recent.ts";
import { formatUsd } from "../../pricing/money.ts";
import { requests } from "../../store/schema.ts";
import type { VerbContext, VerbResult } from "../context.ts";
import { readPage } from "../paging.ts";
import type { Page } from "../schemas/page.ts";
import type { ListRequests, RequestView } from "../schemas/requests.ts";

/** One page of the log. What the gates have settled but not yet written is brought in first. */
export async function listRequests({ env }: VerbContext, input: ListRequests): Promise<VerbResult<Page<RequestView>>> {
  await flushRecent(env);
  const db = drizzle(env.DB);
  const filter = filterOf(input);
  const behindCursor = input.cursor ? lt(requests.id, input.cursor) : undefined;
  const { rows, next } = await readPage<typeof requests.$inferSelect, string>({
    limit: input.limit,
    filtered: filter !== undefined,
    positionOf: (row) => row.id,
    positionAt: async (offset) => {
      const at = db.select({ id: requests.id }).from(requests).where(behindCursor).orderBy(desc(requests.id));
      return (await at.limit(1).offset(offset).get())?.id ?? null;
    },
    rows: (end, limit) =>
      db
        .select()
        .from(requests)
        .where(and(behindCursor, end ? gte(requests.id, end) : undefined, filter))
        .orderBy(desc(requests.id))
        .limit(limit)
        .all(),
  });
  return { ok: true, value: { items: rows.map(viewOf), next_cursor: next } };
}

function filterOf({ key_id, account_id, model, status }: ListRequests): SQL | undefined {
  return and(
    key_id ? eq(requests.keyId, key_id) : undefined,
    account_id ? eq(requests.accountId, account_id) : undefined,
    model ? eq(requests.model, model) : undefined,
    status?.endsWith("xx")
      ? between(requests.status, Number(status[0]) * 100, Number(status[0]) * 100 + 99)
      : status
        ? eq(requests.status, Number(status))
        : undefined,
  );
}

function viewOf(row: typeof requests.$inferSelect): RequestView {
  return {
    id: row.id,
    time: new Date(row.time).toISOString(),
    key_id: row.keyId,
    account_id: row.accountId,
    platform: row.platform,
    client: row.client,
    protocol: row.protocol,
    upstream_protocol: row.upstreamProtocol,
    model: row.model,
    status: row.status,
    outcome: row.outcome,
    stream: row.stream,
    input_tokens: row.inputTokens,
    cache_write_5m_tokens: row.cacheWrite5mTokens,
    cache_write_1h_tokens: row.cacheWrite1hTokens,
    cache_read_tokens: row.cacheReadTokens,
    output_tokens: row.outputTokens,
    reasoning_tokens: row.reasoningTokens,
    web_searches: row.webSearches,
    cost_usd: formatUsd(row.costNanos),
    unpriced: row.unpriced,
    estimated: row.estimated,
    ttft_ms: row.ttftMs,
    duration_ms: row.durationMs,
    attempts: row.attempts,
  };
}
