/**
 * The state of keys: as their gates reported it with their last flush, judged by the gate's own function under today's policy; and as
 * they report it now, where that may differ. A page asks a bounded number of gates, and none for a key that is idle.
 */
import { type KeyFigures, limitStateOf } from "../../gate/figures.ts";
import { type LimitState, NEW_STATE, roll, tokensOf } from "../../gate/limits.ts";
import type { Report } from "../../gate/rpc.ts";
import { type KeyStanding, keyStanding } from "../../gate/standing.ts";
import type { Clock } from "../../ground/calendar.ts";
import { HOUR_MS } from "../../ground/durations.ts";
import { type KeyPolicy, OPEN_POLICY } from "../../keys/policy.ts";
import { formatUsd } from "../../pricing/money.ts";
import { isoTime } from "../api/values.ts";
import { policyView } from "./fields.ts";
import { reportOf } from "./live.ts";
import type { KeyRecord } from "./records.ts";
import type { ApiKeyStandingView, KeyBudgetsView } from "./schema.ts";

/** Each is an object request. The free plan has 100,000 of them a day for everything. */
export const MOST_GATES = 20;

/** A key that was not used for this long is shown as its gate reported last. */
const IDLE_MS = HOUR_MS;

export interface KeyWithFigures {
  row: KeyRecord;
  /** Null: it was never used. */
  figures: KeyFigures | null;
}

/** The state of each key, in their order. */
export async function standingsOf(
  env: Env,
  keys: readonly KeyWithFigures[],
  now: number,
): Promise<ApiKeyStandingView[]> {
  const clock = clockOf(env, now);
  const asked = keys
    .filter((key) => mayDiffer(key, clock))
    .sort((a, b) => urgency(b) - urgency(a))
    .slice(0, MOST_GATES);
  const reports = new Map(
    await Promise.all(asked.map(async ({ row }) => [row.id, await reportOf(env, row.id)] as const)),
  );
  return keys.map((key) => {
    const report = reports.get(key.row.id);
    return report && report !== "unreachable" ? standingReported(key, report, now) : standingInD1(key, clock);
  });
}

/** The state of each key as D1 knows it, without asking a gate. */
export function standingsFlushed(env: Env, keys: readonly KeyWithFigures[], now: number): ApiKeyStandingView[] {
  return keys.map((key) => standingInD1(key, clockOf(env, now)));
}

/** One key, as its gate reports it now. The gate of a deleted key does not know it. */
export async function standingNow(env: Env, key: KeyWithFigures, now: number): Promise<ApiKeyStandingView> {
  const report = key.row.deletedAt === null ? await reportOf(env, key.row.id) : null;
  const known = report !== null && report !== "unreachable";
  return known ? standingReported(key, report, now) : standingInD1(key, clockOf(env, now));
}

/** The state in a gate's new report. */
function standingReported({ figures }: KeyWithFigures, report: Report, now: number): ApiKeyStandingView {
  return { ...viewOf(report.standing, report, figures, now), in_flight: report.leases.length };
}

/** A key's budgets and what is spent, as its gate last told D1. */
export function budgetsInD1(env: Env, key: KeyWithFigures, now: number): KeyBudgetsView {
  const { daily_cost_limit_usd, weekly_cost_limit_usd, total_cost_limit_usd } = policyView(key.row.policy);
  const { today_cost_usd, week_cost_usd, total_cost_usd } = standingInD1(key, clockOf(env, now));
  return {
    ...{ daily_cost_limit_usd, weekly_cost_limit_usd, total_cost_limit_usd },
    ...{ today_cost_usd, week_cost_usd, total_cost_usd },
  };
}

/** The state according to D1. */
function standingInD1({ row, figures }: KeyWithFigures, clock: Clock): ApiKeyStandingView {
  const policy = { ...OPEN_POLICY, ...row.policy };
  const limits = roll(figures ? limitStateOf(figures) : NEW_STATE, policy, clock);
  const saidAt = figures && figures.saidAt > 0 ? figures.saidAt : null;
  const judged = row.deletedAt === null ? keyStanding(limits, policy, clock) : DELETED;
  // Of use before the last upgrade, only totals are known.
  const unsure = figures?.saidAt === 0 && judged.state === "active" && canRunOut(policy);
  return viewOf(unsure ? UNKNOWN : judged, limits, figures, saidAt);
}

function clockOf(env: Env, now: number): Clock {
  return { now, offsetHours: Number(env.TIMEZONE_OFFSET) || 0 };
}

const DELETED = { state: "deleted", limit: null, until: null } as const;
const UNKNOWN = { state: "unknown", limit: null, until: null } as const;

function mayDiffer({ row, figures }: KeyWithFigures, { now }: Clock): boolean {
  const policy = { ...OPEN_POLICY, ...row.policy };
  if (!figures || row.deletedAt !== null || !policy.enabled || !canRunOut(policy)) return false;
  return figures.saidAt === 0 || now - figures.lastUsedAt < IDLE_MS;
}

/** First those whose gate has never reported, then the most recently used. */
function urgency({ figures }: KeyWithFigures): number {
  return figures?.saidAt === 0 ? Number.POSITIVE_INFINITY : (figures?.lastUsedAt ?? 0);
}

/** Whether use can change the state of the key. */
function canRunOut(policy: KeyPolicy): boolean {
  const { windowMs, dailyCostNanos, weeklyCostNanos, totalCostNanos, totalTokens, activationMs } = policy;
  return [windowMs, dailyCostNanos, weeklyCostNanos, totalCostNanos, totalTokens, activationMs].some(
    (of) => of !== null,
  );
}

function viewOf(
  { state, limit, until }: Omit<KeyStanding, "state"> & { state: ApiKeyStandingView["state"] },
  { day, week, totals }: Pick<LimitState, "day" | "week" | "totals">,
  figures: KeyFigures | null,
  saidAt: number | null,
): ApiKeyStandingView {
  return {
    state,
    state_limit: limit,
    state_until: until === null ? null : isoTime(until),
    state_as_of: saidAt === null ? null : isoTime(saidAt),
    today_cost_usd: formatUsd(day.costNanos),
    week_cost_usd: formatUsd(week.costNanos),
    total_cost_usd: formatUsd(totals.costNanos),
    total_requests: totals.requests,
    total_tokens: tokensOf(totals.usage),
    last_used_at: figures && figures.lastUsedAt > 0 ? isoTime(figures.lastUsedAt) : null,
    in_flight: null,
  };
}
