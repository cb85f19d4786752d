/**
 * What the holder of a key may know about it: its state, everything used so far, what is left of each limit, the last days, models and
 * requests. Nothing about accounts or other keys. The figures come from the key's gate, which is ahead of D1. What is read from D1 is
 * read after a flush, and the rows that one key's holder may read in a day are limited.
 */
import { record } from "../events.ts";
import type { HolderRead } from "../gate/holder-rows.ts";
import { addUsage } from "../gate/limits.ts";
import { sendPendingSettlements } from "../gate/pending-settlements.ts";
import type { HolderReport, Report } from "../gate/rpc.ts";
import { ruleRefusal } from "../gate/rules.ts";
import { DAY_MS } from "../ground/durations.ts";
import { formatUsd } from "../pricing/money.ts";
import type { Refusal } from "../refusal.ts";
import { refused, refusedUnasked } from "../relay/answer.ts";
import { authenticate } from "../relay/authenticate.ts";
import type { Call } from "../relay/call.ts";
import { figuresRate, unmeteredRate } from "../relay/unmetered-rate.ts";
import { NO_USAGE, usageView } from "../vocabulary.ts";
import { quota } from "./quota.ts";
import { ownRequests, REQUESTS_READ } from "./requests.ts";
import type { Shown } from "./shown.ts";
import { days, models, SUMS_READ } from "./sums.ts";

interface Described {
  /** Answers a call about a key that the caller may see. */
  view: (call: Call, keyId: string, report: Report) => Promise<Shown<object>>;
  /** The most rows of D1 that it reads; null: at most one. */
  reads: HolderRead | null;
}

/** By the end of the path. */
const VIEWS: Record<string, Described> = {
  "": { view: async (_call, _keyId, report) => ({ ok: true, value: allTime(report) }), reads: null },
  "/quota": { view: quota, reads: null },
  "/daily": { view: days, reads: SUMS_READ },
  "/models": { view: models, reads: SUMS_READ },
  "/requests": { view: ownRequests, reads: REQUESTS_READ },
};

/** Rows that were reserved but not read are returned if there are at least this many, since that takes a call of the gate. */
const WORTH_A_CALL = 2_000;

/** `GET /api/usage` and the paths below it. A refusal is also named in `x-edge-relay-refusal`, for pages with words of their own. */
export async function usage(call: Call): Promise<Response> {
  const described = VIEWS[call.route.path.slice("/api/usage".length)];
  const answered = described ? await answerOf(call, described) : refusedAs(call, { reason: "internal" });
  answered.headers.set("cache-control", "no-store");
  return answered;
}

async function answerOf(call: Call, { view, reads }: Described): Promise<Response> {
  const asker = await figuresRate(call);
  if (!asker.ok) return refusedAs(call, asker.refusal);
  const key = await authenticate(call.http, call.url, call.env);
  if (!key.ok) return refusedAs(call, key.refusal);
  const rate = await unmeteredRate(call, key.value);
  if (!rate.ok) return refusedAs(call, rate.refusal);
  const report = await reportOf(call, key.value, reads ?? undefined);
  if (report === "no answer") return refusedAs(call, { reason: "gate_unavailable" });
  if (!report) return refusedAs(call, { reason: "key_unknown" });
  const refusal = holderRefusal(call, report);
  if (refusal) return refusedAs(call, refusal);
  if (report.rows === null) return readTooMuch(call, key.value);
  if (reads) await flushed(call, key.value);
  const shown = await view(call, key.value, report);
  if (shown.rows !== undefined) giveBack(call, key.value, report.rows - shown.rows);
  return shown.ok
    ? Response.json(shown.value, { headers: { "x-request-id": call.id } })
    : refusedAs(call, shown.refusal);
}

function refusedAs(call: Call, refusal: Refusal): Response {
  return named(refused(call, refusal), refusal);
}

function readTooMuch(call: Call, keyId: string): Response {
  const resetAt = (Math.floor(call.startedAt / DAY_MS) + 1) * DAY_MS;
  const refusal: Refusal = { reason: "figures_rate", resetAt };
  return named(refusedUnasked(call, keyId, refusal), refusal);
}

function named(response: Response, { reason }: Refusal): Response {
  response.headers.set("x-edge-relay-refusal", reason);
  return response;
}

async function reportOf(call: Call, keyId: string, read?: HolderRead): Promise<HolderReport | null | "no answer"> {
  try {
    await sendPendingSettlements(call.env, keyId);
    return await call.env.GATE.getByName(keyId).report(keyId, read);
  } catch (error) {
    record({ event: "gate_unreachable", key: keyId, error });
    return "no answer";
  }
}

/** Rows that were reserved but not read; below 0: rows that were read beyond what was reserved. */
function giveBack({ env, ctx }: Call, keyId: string, rows: number): void {
  if (Math.abs(rows) < WORTH_A_CALL) return;
  const told = env.GATE.getByName(keyId).report(keyId, { rows: -rows, sums: 0 });
  ctx.waitUntil(told.catch((error: unknown) => record({ event: "gate_unreachable", key: keyId, error })));
}

/** Brings D1 up to date, if it accepts writes. */
async function flushed({ env }: Call, keyId: string): Promise<void> {
  await env.GATE.getByName(keyId)
    .flush()
    .catch((error: unknown) => record({ event: "usage_read_unflushed", key: keyId, error }));
}

/** A key that is expired or used up may still be asked about; one that is disabled or not allowed from here may not. */
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
