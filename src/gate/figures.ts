/**
 * What a gate says of its key in D1, with each flush: the figures that its limits go by, and the state that follows from them.
 * They are the gate's own, so whoever reads them judges with the gate's own functions; they lack what was booked since.
 */
import { getTableColumns } from "drizzle-orm";
import type { Clock } from "../ground/calendar.ts";
import { OPEN_POLICY } from "../keys/policy.ts";
import { keyFigures } from "../store/schema.ts";
import { NO_USAGE } from "../vocabulary.ts";
import * as limits from "./limits.ts";
import type { Meter } from "./meter.ts";
import { keyStanding } from "./standing.ts";
import type { GateState } from "./state.ts";

export type KeyFigures = typeof keyFigures.$inferSelect;

/** The gate's figures as they are now. `lastUsedAt`: of the requests that are flushed with them, 0 for none. */
export function figuresOf(keyId: string, state: GateState, clock: Clock, lastUsedAt: number): KeyFigures {
  const policy = state.policy ?? OPEN_POLICY;
  const rolled = limits.roll(state.limits, policy, clock);
  const { window, day, week, totals, firstUsedAt } = rolled;
  const standing = keyStanding(rolled, policy, clock);
  return {
    keyId,
    saidAt: clock.now,
    policyVersion: state.policyVersion,
    state: standing.state,
    stateUntil: standing.until,
    firstUsedAt,
    lastUsedAt,
    requests: totals.requests,
    tokens: limits.tokensOf(limits.addUsage(NO_USAGE, totals.usage)),
    costNanos: totals.costNanos,
    windowStartedAt: window.startedAt,
    windowRequests: window.requests,
    windowTokens: window.tokens,
    windowCostNanos: window.costNanos,
    dayStartedAt: day.startedAt,
    dayCostNanos: day.costNanos,
    weekStartedAt: week.startedAt,
    weekCostNanos: week.costNanos,
    ...meterOf(state.meter),
  };
}

function meterOf({ day, admissions, requests, rows, d1Rows }: Meter) {
  return { meterDay: day, admissions, objectRequests: requests, objectRows: rows, d1Rows };
}

/** The other way round: what the gate's limits are judged by. Of the tokens only their number is known. */
export function limitStateOf(figures: KeyFigures): limits.LimitState {
  const { firstUsedAt, requests, tokens, costNanos } = figures;
  return {
    ...limits.NEW_STATE,
    firstUsedAt,
    window: {
      startedAt: figures.windowStartedAt,
      requests: figures.windowRequests,
      tokens: figures.windowTokens,
      costNanos: figures.windowCostNanos,
    },
    day: { startedAt: figures.dayStartedAt, costNanos: figures.dayCostNanos },
    week: { startedAt: figures.weekStartedAt, costNanos: figures.weekCostNanos },
    totals: { requests, usage: { ...NO_USAGE, input: tokens }, costNanos },
  };
}

const COLUMNS = Object.entries(getTableColumns(keyFigures)) as [keyof KeyFigures, { name: string }][];
const NAMES = COLUMNS.map(([, { name }]) => name);

const WRITE = `INSERT INTO key_figures (${NAMES.join(", ")}) VALUES (${NAMES.map((_, at) => `?${at + 1}`).join(", ")})
  ON CONFLICT DO UPDATE SET ${NAMES.filter((name) => name !== "last_used_at")
    .map((name) => `${name} = excluded.${name}`)
    .join(", ")}, last_used_at = max(last_used_at, excluded.last_used_at) WHERE excluded.said_at >= said_at`;

/** The statement that writes them. A gate's writes may be repeated, and what it said later stays. */
export function writeFigures(db: D1Database, figures: KeyFigures): D1PreparedStatement {
  return db.prepare(WRITE).bind(...COLUMNS.map(([member]) => figures[member]));
}
