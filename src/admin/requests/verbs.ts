/** Reading the request log, newest first. */
import { and, desc, eq, gt, gte, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { flushRecentlySettled } from "../../gate/recently-settled.ts";
import { formatUsd } from "../../pricing/money.ts";
import { accounts, apiKeys, requests } from "../../store/schema.ts";
import { usageView } from "../../vocabulary.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import type { Page } from "../api/paging.ts";
import { readPage } from "../api/paging.ts";
import { conditionsOf, idAt, rangeOf } from "./filters.ts";
import type { ListRequests, RequestDetailView, RequestView } from "./schema.ts";

/** One page of the log. What the gates have settled but not yet written is brought in first. */
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
  return { ok: true, value: { items: rows.map(viewOf), next_cursor: next } };
}

const NO_SUCH_REQUEST = {
  ok: false,
  refusal: { reason: "not_found", message: "There is no such request in the log; it may be in flight, or too old" },
} as const;

/** One request of the log, with each try. What is not written yet is brought in where the log lacks it. */
export async function readRequest({ env }: VerbContext, id: string): Promise<VerbResult<RequestDetailView>> {
  const db = drizzle(env.DB);
  const find = () => db.select().from(requests).where(eq(requests.id, id)).get();
  let row = await find();
  if (!row) {
    await flushRecentlySettled(env);
    row = await find();
  }
  if (!row) return NO_SUCH_REQUEST;
  const { keyId, accountId, attempts } = row;
  const ids = JSON.stringify([...attempts.map(({ account_id }) => account_id), accountId]);
  const [key, named] = await Promise.all([
    db.select({ name: apiKeys.name }).from(apiKeys).where(eq(apiKeys.id, keyId)).get(),
    db
      .select({ id: accounts.id, name: accounts.name })
      .from(accounts)
      .where(sql`${accounts.id} in (select value from json_each(${ids}))`),
  ]);
  const nameOf = (account: string | null) => named.find(({ id: one }) => one === account)?.name ?? null;
  return {
    ok: true,
    value: {
      ...viewOf(row),
      key_name: key?.name ?? null,
      account_name: nameOf(accountId),
      attempts: attempts.map((attempt) => ({ ...attempt, account_name: nameOf(attempt.account_id) })),
    },
  };
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
