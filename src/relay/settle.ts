/**
 * How a request is booked and its lease freed. Each admitted request is settled exactly once, however it ended; a lease
 * that is never settled lapses by itself, and is then booked at its estimate. The gate says when the settlement is sent
 * (src/gate/pending-settlements.ts).
 */

import { isRecorded, record } from "../events.ts";
import { addUsage } from "../gate/limits.ts";
import { settleSoon } from "../gate/pending-settlements.ts";
import { rememberUse } from "../gate/recently-settled.ts";
import type { Admission } from "../gate/rpc.ts";
import type { AccountLease } from "../pool/lease.ts";
import type { Target } from "../pool/target.ts";
import type { PriceTable } from "../pricing/table.ts";
import type { OtherUsage, PriceMode, Reading } from "../protocols/meter.ts";
import type { Entry } from "../store/entry.ts";
import type { Attempt, Outcome } from "../store/schema.ts";
import { NO_USAGE, USAGE_FIELDS, type Usage } from "../vocabulary.ts";
import { keepPending } from "./background.ts";
import type { Call } from "./call.ts";
import {
  bookedUsage,
  type Charge,
  chargeFor,
  expectedUsage,
  listCharge,
  type ReportedUsage,
  type WhoMayServe,
} from "./charge.ts";
import type { RelayRequest } from "./request.ts";
import { clientHasLeft } from "./resources.ts";

/** How a request ended, as far as the ledger is concerned. */
export interface Ending {
  status: number;
  outcome: Outcome;
  /** The target that answered, or the last that was tried; null if none was. */
  target: Target | null;
  /** The key of its account that was used: the id that the key's health is remembered under. */
  accountKeyId?: string;
  /** The lease at that account, released with what the request cost there. */
  lease?: AccountLease | null;
  usage?: Usage;
  /** The usage of earlier answers that said nothing, so that the upstream was asked again. */
  wasted?: readonly Promise<Usage>[];
  others?: OtherUsage[];
  placeMilli?: number;
  mode?: PriceMode;
  /** With `usage`: the output is an estimate. Without: it was sent, but the client left or its time was over before any was reported. */
  estimated?: boolean;
  ttftMs?: number | null;
  attempts?: Attempt[];
  response?: Reading["response"];
}

/** Books an ending. Only the first call counts. */
export type Settle = (ending: Ending) => Promise<void>;

const NOTHING: Charge = { costNanos: 0, accountNanos: 0, unpriced: false };

/**
 * The settlement of one request admitted for the key `keyId`. It resolves when the request is booked, or when another invocation
 * has taken over the booking; it never rejects.
 */
export function settlementOf(
  call: Call,
  keyId: string,
  request: RelayRequest,
  prices: PriceTable,
  { costMultiplierMilli, grant, settleWithinMs }: Admission,
): Settle {
  let settled = false;
  return async (ending) => {
    if (settled) return;
    settled = true;
    rememberUse(keyId);
    const { target, accountKeyId = "", response } = ending;
    if (request.background && target && response && !response.ended) {
      const usage = expectedUsage(request);
      // The real cost is booked when the response has ended, and to the key alone; the account's day is charged the expected cost.
      const expected = chargeFor(prices, target, costMultiplierMilli, { usage, mode: "standard" });
      const released = ending.lease?.release(expected.accountNanos);
      const accountId = target.account.id;
      const entry = { ...entryOf(call, request, { ...ending, usage }, NOTHING), accountId };
      const its = { keyId, responseId: response.id, accountId, accountKeyId };
      await keepPending(call.env, { ...its, leaseGrant: grant, entry });
      await released;
      return;
    }
    const reported = reportedOf(call, request, ending);
    for (const used of ending.wasted ?? []) reported.usage = addUsage(reported.usage, await used);
    const charge = target ? chargeFor(prices, target, costMultiplierMilli, { ...ending, ...reported }) : NOTHING;
    const released = ending.lease?.release(charge.accountNanos);
    const entry = entryOf(call, request, { ...ending, ...reported }, charge);
    if (isRecorded("debug")) recordEnd(keyId, entry);
    // A session stays with the account that served it; after a fault it stays with the account that has its prompt cache.
    const session = ending.status < 400 ? request.session : null;
    const owned = request.stores && response ? { response: { id: response.id } } : {};
    // Cloudflare ends an invocation 30 seconds after its client has left, and nobody knows when that was.
    const withinMs = clientHasLeft(call) ? 0 : settleWithinMs;
    await settleSoon(call.env, keyId, { leaseId: call.id, grant, entry, session, ...owned }, withinMs);
    await released;
  };
}

function recordEnd(key: string, entry: Entry): void {
  const {
    id,
    accountId,
    model,
    servedModel = null,
    client,
    status,
    outcome,
    usage,
    costNanos,
    ttftMs,
    durationMs,
  } = entry;
  record({
    event: "request_ended",
    ...{ request: id, key, account: accountId, model, served_model: servedModel, client, status, outcome },
    ...{ input_tokens: usage.input, output_tokens: usage.output, cost_nanos: costNanos },
    ...{ ttft_ms: ttftMs, duration_ms: durationMs, tries: entry.attempts.length },
  });
}

/** The entry that is booked if the settlement never comes: the expected usage, at the dearest list price of the targets. */
export function estimateOf(call: Call, request: RelayRequest, prices: PriceTable, served: WhoMayServe): Entry {
  const usage = expectedUsage(request);
  const { costNanos, unpriced } = listCharge(prices, request, served, usage);
  const ending: Ending = { status: 0, outcome: "lost", target: null, usage, estimated: true };
  return entryOf(call, request, ending, { costNanos, accountNanos: costNanos, unpriced });
}

/** What was used: nothing if no upstream was asked, or if the one that was asked answered with an error. */
function reportedOf(
  call: Call,
  request: RelayRequest,
  { usage: told, outcome, mode = "standard", estimated = false }: Ending,
): ReportedUsage {
  const usage = told ?? NO_USAGE;
  const reported = { usage, mode, estimated };
  if (told === undefined && !estimated) return reported;
  if (!estimated || !UNSEEN.has(outcome)) return bookedUsage(request, reported);
  const output = Math.max(usage.output, leastMade(call, request));
  return bookedUsage(request, { ...reported, usage: { ...usage, output } });
}

/** The client left, or the time was over that it had announced: whatever the model has thought, its figure would have come at the end. */
const UNSEEN: ReadonlySet<Outcome> = new Set(["client_left", "upstream_unreachable"]);
/** Models write faster, and most begin sooner. */
const SLOWEST_PER_SECOND = 30;
const BEGINNING_MS = 2_000;

/** The output of a model that was let work until now, at the least. Nobody sees what it thinks, and it is paid for. */
function leastMade({ route, resources }: Call, { maxTokens }: RelayRequest): number {
  if (route.task === null) return 0;
  const seconds = Math.max(0, Date.now() - resources.triedAt - BEGINNING_MS) / 1_000;
  return Math.min(Math.floor(seconds * SLOWEST_PER_SECOND), maxTokens ?? Infinity);
}

function entryOf(call: Call, request: RelayRequest, ending: Ending, charge: Charge): Entry {
  const { target, usage = NO_USAGE, mode = "standard" } = ending;
  // A request that used nothing lacks no price.
  const unpriced = charge.unpriced && USAGE_FIELDS.some((field) => usage[field] > 0);
  return {
    id: call.id,
    time: call.startedAt,
    accountId: target?.account.id ?? null,
    platform: target?.account.platform ?? call.route.platforms[0],
    client: call.client,
    origin: request.origin,
    protocol: call.route.protocol,
    upstreamProtocol: target?.protocol ?? null,
    model: request.model,
    servedModel: target?.model ?? null,
    status: ending.status,
    outcome: ending.outcome,
    stream: request.stream,
    usage,
    costNanos: charge.costNanos,
    unpriced,
    priceMode: mode,
    estimated: ending.estimated ?? false,
    ttftMs: ending.ttftMs ?? null,
    durationMs: Date.now() - call.startedAt,
    attempts: ending.attempts ?? [],
  };
}
