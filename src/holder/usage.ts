/**
 * What the holder of a key may know about it: everything used so far, what is left of each limit, and the last days.
 * Figures come from the key's gate, which is ahead of D1; only the days are read from D1, after a flush.
 */
import { record } from "../events.ts";
import { addUsage, tokensOf } from "../gate/limits.ts";
import { sendPendingSettlements } from "../gate/pending-settlements.ts";
import type { Report } from "../gate/rpc.ts";
import { ruleRefusal } from "../gate/rules.ts";
import { DAY_MS, HOUR_MS, WEEK_MS } from "../ground/durations.ts";
import { formatUsd } from "../pricing/money.ts";
import type { Refusal } from "../refusal.ts";
import { refused } from "../relay/answer.ts";
import { authenticate } from "../relay/authenticate.ts";
import type { Call } from "../relay/call.ts";
import { unmeteredRate } from "../relay/unmetered-rate.ts";
import { NO_USAGE, USAGE_COLUMNS, USAGE_FIELDS, type Usage, usageView } from "../vocabulary.ts";

const DAYS_DEFAULT = 30;
const DAYS_MAX = 180;

const SUMS = USAGE_FIELDS.map((field) => `sum(${USAGE_COLUMNS[field]}) AS ${field}`).join(", ");

/** `GET /api/usage`, `/api/usage/quota` and `/api/usage/daily?days=N`, by the path's last word. */
export async function usage(call: Call): Promise<Response> {
  const key = await authenticate(call.http, call.url, call.env.KEY_SECRET);
  if (!key.ok) return refused(call, key.refusal);
  const rate = await unmeteredRate(call, key.value);
  if (!rate.ok) return refused(call, rate.refusal);
  const report = await reportOf(call, key.value);
  if (report === "no answer") return refused(call, { reason: "gate_unavailable" });
  if (!report) return refused(call, { reason: "key_unknown" });
  const refusal = holderRefusal(call, report);
  if (refusal) return refused(call, refusal);
  const headers = { "x-request-id": call.id, "cache-control": "no-store" };
  switch (call.route.path) {
    case "/api/usage/quota":
      return Response.json(quota(report), { headers });
    case "/api/usage/daily":
      return Response.json({ items: await days(call, key.value) }, { headers });
    default:
      return Response.json(allTime(report), { headers });
  }
}

async function reportOf(call: Call, keyId: string): Promise<Report | null | "no answer"> {
  try {
    await sendPendingSettlements(call.env, keyId);
    return await call.env.GATE.getByName(keyId).report(keyId);
  } catch (error) {
    record({ event: "gate_unreachable", key: keyId, error });
    return "no answer";
  }
}

/** An expired key, or one used up, may still be asked about; one that is disabled or elsewhere may not. */
function holderRefusal(call: Call, report: Report): Refusal | null {
  const { enabled, allowedIps } = report.policy;
  return ruleRefusal(
    { ...report.policy, enabled, allowedIps, permissions: [], allowedClients: [] },
    {
      platforms: call.route.platforms,
      model: null,
      client: call.client,
      userAgent: "",
      ip: call.http.headers.get("cf-connecting-ip"),
    },
  );
}

function allTime({ totals }: Report) {
  return {
    requests: totals.requests,
    ...usageView(addUsage(NO_USAGE, totals.usage)),
    cost_usd: formatUsd(totals.costNanos),
  };
}

/** Each limit that is set, with what is used of it and when it resets. */
function quota(report: Report) {
  const { policy, window, day, week, totals, leases, expiresAt } = report;
  const windowEnd = policy.windowMs === null ? null : window.startedAt + policy.windowMs;
  const limits = [
    count("concurrency", policy.concurrency, leases.length, null),
    count("window_requests", policy.windowRequests, window.requests, windowEnd),
    count("window_tokens", policy.windowTokens, window.tokens, windowEnd),
    money("window_cost_usd", policy.windowCostNanos, window.costNanos, windowEnd),
    money("daily_cost_usd", policy.dailyCostNanos, day.costNanos, day.startedAt + DAY_MS),
    money("weekly_cost_usd", policy.weeklyCostNanos, week.costNanos, week.startedAt + WEEK_MS),
    money("total_cost_usd", policy.totalCostNanos, totals.costNanos, null),
    count("total_tokens", policy.totalTokens, tokensOf(totals.usage), null),
  ];
  return { expires_at: expiresAt === null ? null : iso(expiresAt), limits: limits.filter((limit) => limit !== null) };
}

function count(name: string, limit: number | null, used: number, resetsAt: number | null) {
  if (limit === null) return null;
  return {
    name,
    limit,
    used,
    remaining: Math.max(0, limit - used),
    resets_at: resetsAt === null ? null : iso(resetsAt),
  };
}

function money(name: string, limit: number | null, used: number, resetsAt: number | null) {
  const counted = count(name, limit, used, resetsAt);
  if (!counted) return null;
  const { limit: most, remaining } = counted;
  return { ...counted, limit: formatUsd(most), used: formatUsd(used), remaining: formatUsd(remaining) };
}

/** Days of the relay's own offset, newest first; days without a request are left out. */
async function days(call: Call, keyId: string) {
  const { env } = call;
  await env.GATE.getByName(keyId)
    .flush()
    .catch((error: unknown) => record({ event: "usage_read_unflushed", key: keyId, error }));
  const asked = Number(call.url.searchParams.get("days") ?? DAYS_DEFAULT);
  const span = Number.isInteger(asked) && asked >= 1 && asked <= DAYS_MAX ? asked : DAYS_DEFAULT;
  // Sums are by whole hours, so an offset of half an hour counts as the whole one before it.
  const offset = Math.floor(Number(env.TIMEZONE_OFFSET) || 0);
  const today = Math.floor((call.startedAt / HOUR_MS + offset) / 24);
  const { results } = await env.DB.prepare(
    // D1 binds numbers as REAL, and a REAL divides to fractions of days.
    `SELECT (hour + CAST(?2 AS INTEGER)) / 24 AS day, sum(requests) AS requests, ${SUMS}, sum(cost_nanos) AS costNanos
     FROM usage_hourly INDEXED BY usage_hourly_by_key WHERE key_id = ?1 AND hour >= ?3 GROUP BY 1 ORDER BY 1 DESC`,
  )
    .bind(keyId, offset, (today - span + 1) * 24 - offset)
    .all<Usage & { day: number; requests: number; costNanos: number }>();
  return results.map(({ day, requests, costNanos, ...used }) => ({
    date: iso(day * DAY_MS).slice(0, 10),
    requests,
    ...usageView(used),
    cost_usd: formatUsd(costNanos),
  }));
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
