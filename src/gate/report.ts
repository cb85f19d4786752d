/** A key's live figures, as its gate tells them. Pure. Book the leases whose time is over first. */
import type { Clock } from "../ground/calendar.ts";
import type { KeyPolicy } from "../keys/policy.ts";
import type { Entry } from "../store/entry.ts";
import * as limits from "./limits.ts";
import * as outbox from "./outbox.ts";
import type { Report } from "./rpc.ts";
import { keyStanding } from "./standing.ts";
import type { GateState } from "./state.ts";

export function reportOf(state: GateState, policy: KeyPolicy, clock: Clock): Report {
  const rolled = limits.roll(state.limits, policy, clock);
  const { firstUsedAt, window, day, week, totals } = rolled;
  return {
    policy,
    standing: keyStanding(rolled, policy, clock),
    leases: rolled.leases.map(({ id, expiresAt, estimate }) => ({
      id,
      expiresAt,
      request: estimate && asked(estimate),
    })),
    expiresAt: limits.expiryOf(rolled, policy),
    firstUsedAt,
    window,
    day,
    week,
    totals,
    unflushed: outbox.waitingIn(state),
    quarantined: state.quarantined,
    failedFlushes: state.failures,
  };
}

function asked({ time, model, client, protocol, stream }: Entry): Report["leases"][number]["request"] {
  return { time, model, client, protocol, stream };
}
