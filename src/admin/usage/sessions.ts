/**
 * What each session and sub-agent has cost. Hourly sums do not have them (the number of sessions is unbounded), so it is summed up from
 * the log, a bounded number of rows at a time.
 */
import { and, desc, gte, isNotNull, max, min, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { flushRecentlySettled } from "../../gate/recently-settled.ts";
import { formatUsd } from "../../pricing/money.ts";
import { requests } from "../../store/schema.ts";
import { USAGE_FIELDS, usageOfFields, usageView } from "../../vocabulary.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { SCAN_BUDGET } from "../api/paging.ts";
import { conditionsOf, idAt, rangeOf } from "../requests/filters.ts";
import type { ReadUsageSessions, SessionsPage, SessionUsage } from "./schema.ts";

const COUNTS = Object.fromEntries(USAGE_FIELDS.map((field) => [field, sql<number>`sum(${requests[field]})`]));

/** The sessions of the newest rows of the range after the cursor. */
export async function readUsageSessions(
  { env }: VerbContext,
  input: ReadUsageSessions,
): Promise<VerbResult<SessionsPage>> {
  await flushRecentlySettled(env);
  const range = rangeOf(input);
  const end = await idAt(env, range, SCAN_BUDGET - 1);
  const cost = sql<number>`sum(${requests.costNanos})`;
  const rows = await drizzle(env.DB)
    .select({
      keyId: requests.keyId,
      sessionId: requests.sessionId,
      agentId: requests.agentId,
      parentAgentId: max(requests.parentAgentId),
      requests: sql<number>`count(*)`,
      costNanos: cost,
      firstAt: min(requests.time),
      lastAt: max(requests.time),
      ...COUNTS,
    })
    .from(requests)
    .where(and(range, end ? gte(requests.id, end) : undefined, isNotNull(requests.sessionId), conditionsOf(input)))
    .groupBy(requests.keyId, requests.sessionId, requests.agentId)
    .orderBy(desc(cost));
  return { ok: true, value: { items: rows.map(viewOf), next_cursor: end } };
}

interface Row {
  keyId: string;
  sessionId: string | null;
  agentId: string | null;
  parentAgentId: string | null;
  requests: number;
  costNanos: number;
  firstAt: number | null;
  lastAt: number | null;
  [count: string]: string | number | null;
}

function viewOf(row: Row): SessionUsage {
  return {
    key_id: row.keyId,
    session_id: row.sessionId ?? "",
    agent_id: row.agentId,
    parent_agent_id: row.parentAgentId,
    requests: row.requests,
    ...usageView(usageOfFields((field) => Number(row[field]))),
    cost_usd: formatUsd(row.costNanos),
    first_at: iso(row.firstAt),
    last_at: iso(row.lastAt),
  };
}

function iso(time: number | null): string {
  return new Date(time ?? 0).toISOString();
}
