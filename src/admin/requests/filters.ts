/** Which rows of the request log are meant: a range of the primary key, and conditions within it. */
import { and, between, desc, eq, gte, lt, type SQL } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { firstIdAt } from "../../ground/record-id.ts";
import { requests } from "../../store/schema.ts";
import type { ExportRequests } from "./schema.ts";

/** Time and cursor: ids begin with their time, so both are bounds of one range scan. */
export function rangeOf({ cursor, from, to }: ExportRequests): SQL | undefined {
  return and(
    cursor ? lt(requests.id, cursor) : undefined,
    from === undefined ? undefined : gte(requests.id, firstIdAt("req", from)),
    to === undefined ? undefined : lt(requests.id, firstIdAt("req", to)),
  );
}

/** Conditions without an index: every row of the range is read for them. Undefined if there are none. */
export function conditionsOf(input: ExportRequests): SQL | undefined {
  const { key_id, account_id, model, status, outcome, client, session_id, agent_id, min_cost_usd, unpriced } = input;
  return and(
    key_id ? eq(requests.keyId, key_id) : undefined,
    account_id ? eq(requests.accountId, account_id) : undefined,
    model ? eq(requests.model, model) : undefined,
    status ? withStatus(status) : undefined,
    outcome ? eq(requests.outcome, outcome) : undefined,
    client ? eq(requests.client, client) : undefined,
    session_id ? eq(requests.sessionId, session_id) : undefined,
    agent_id ? eq(requests.agentId, agent_id) : undefined,
    min_cost_usd === undefined ? undefined : gte(requests.costNanos, min_cost_usd),
    unpriced === undefined ? undefined : eq(requests.unpriced, unpriced),
  );
}

function withStatus(status: string): SQL {
  const hundreds = Number(status[0]) * 100;
  return status.endsWith("xx")
    ? between(requests.status, hundreds, hundreds + 99)
    : eq(requests.status, Number(status));
}

/** The id `offset` rows after the beginning of the range, newest first; null if it ends before. */
export async function idAt(env: Env, range: SQL | undefined, offset: number): Promise<string | null> {
  const at = drizzle(env.DB).select({ id: requests.id }).from(requests).where(range).orderBy(desc(requests.id));
  return (await at.limit(1).offset(offset).get())?.id ?? null;
}
