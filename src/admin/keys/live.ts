/** A key's live figures, directly from its gate. */
import { record } from "../../events.ts";
import { tokensOf } from "../../gate/limits.ts";
import { sendPendingSettlements } from "../../gate/pending-settlements.ts";
import type { Report } from "../../gate/rpc.ts";
import { DAY_MS, WEEK_MS } from "../../ground/durations.ts";
import { formatUsd } from "../../pricing/money.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { keyById, NO_SUCH_KEY } from "./records.ts";
import type { ApiKeyLiveView } from "./schema.ts";

export async function readLive({ env }: VerbContext, id: string): Promise<VerbResult<ApiKeyLiveView>> {
  // D1 is asked first, because asking the gate of an id that never existed would create an object for it.
  if (!(await keyById(env, id))) return NO_SUCH_KEY;
  const report = await reportOf(env, id);
  if (report === "unreachable") {
    return { ok: false, refusal: { reason: "gate_unreachable", message: "The key's gate did not answer; try again" } };
  }
  return report ? { ok: true, value: viewOf(report) } : DELETED;
}

const DELETED = {
  ok: false,
  refusal: { reason: "conflict", message: "The key is deleted, and a deleted key has no live figures" },
} as const;

/** The gate's own figures; null if it knows no key. Never rejects. */
export async function reportOf(env: Env, id: string): Promise<Report | null | "unreachable"> {
  try {
    await sendPendingSettlements(env, id);
    return await env.GATE.getByName(id).report(id);
  } catch (error) {
    record({ event: "gate_unreachable", key: id, error });
    return "unreachable";
  }
}

function viewOf({
  policy,
  leases,
  window,
  day,
  week,
  totals,
  firstUsedAt,
  expiresAt,
  unflushed,
  quarantined,
}: Report): ApiKeyLiveView {
  return {
    in_flight: leases.length,
    window:
      policy.windowMs === null
        ? null
        : {
            requests: window.requests,
            tokens: window.tokens,
            cost_usd: formatUsd(window.costNanos),
            resets_at: iso(window.startedAt + policy.windowMs),
          },
    today: { cost_usd: formatUsd(day.costNanos), resets_at: iso(day.startedAt + DAY_MS) },
    week: { cost_usd: formatUsd(week.costNanos), resets_at: iso(week.startedAt + WEEK_MS) },
    total: { requests: totals.requests, tokens: tokensOf(totals.usage), cost_usd: formatUsd(totals.costNanos) },
    activated_at: firstUsedAt === null ? null : iso(firstUsedAt),
    expires_at: expiresAt === null ? null : iso(expiresAt),
    unflushed,
    quarantined,
  };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
