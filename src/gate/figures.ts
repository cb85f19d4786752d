/**
 * What a gate writes of its key to D1 with each flush: the figures that its limits go by, and the state that follows from them.
 * Whoever reads them judges by the gate's own functions. They lack what was booked since.
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

/** The gate's figures as they are now. `lastUsedAt`: when the last of the requests came that are flushed with them; 0 if there are none. */
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

/** The other way round: the state that limits are judged by. The figures have only the total of the tokens, which stands as input. */
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

/** The statement that writes the figures. A gate's writes may be repeated or overtake each other: the later figures stay. */
export function writeFigures(db: D1Database, figures: KeyFigures): D1PreparedStatement {
  return db.prepare(WRITE).bind(...COLUMNS.map(([member]) => figures[member]));
}
