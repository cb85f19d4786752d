/**
 * Responses that go on at the provider after their client has been answered. Such a request keeps its lease, and a row in
 * D1; its end is settled once, by the client that fetches it or by the cron (src/jobs/background.ts), whichever sees it first.
 * If nobody sees its end, it lapses with its lease and is booked as `lost` at its estimate; a later look corrects that.
 */
import { and, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { record } from "../events.ts";
import { sendSettlements } from "../gate/pending-settlements.ts";
import { again } from "../ground/again.ts";
import { MINUTE_MS } from "../ground/durations.ts";
import { targetOf } from "../pool/target.ts";
import type { PriceTable } from "../pricing/table.ts";
import type { Entry } from "../store/entry.ts";
import { backgroundResponses } from "../store/schema.ts";
import { chargeFor, inContainers } from "./charge.ts";
import type { Ending } from "./settle.ts";

/**
 * How long a lease is kept without another look. The hourly cron runs twice before it lapses, so one run may fail. A response that
 * the cron cannot ask about holds a slot of its key no longer than this.
 */
export const PENDING_MS = 150 * MINUTE_MS;

/** No client waits for it, and a response that is not kept can neither be fetched nor booked. */
const PAUSES_MS = [50, 250, 1_000];

/** What is known of a response that is not ready. The id of its entry is that of its lease. */
export type Pending = typeof backgroundResponses.$inferSelect;

/** Keeps the lease of a response that is not ready. Never rejects: a lease that cannot be kept lapses. */
export async function keepPending(env: Env, pending: Omit<Pending, "createdAt" | "lookedAt">): Promise<void> {
  const { keyId, responseId, accountId, entry } = pending;
  try {
    const response = { id: responseId, accountId };
    await again(PAUSES_MS, () => env.GATE.getByName(keyId).keep(keyId, entry.id, response, PENDING_MS));
    const now = Date.now();
    const row = { ...pending, createdAt: now, lookedAt: now };
    await again(PAUSES_MS, async () => drizzle(env.DB).insert(backgroundResponses).values(row).onConflictDoNothing());
  } catch (error) {
    record({ event: "background_response_not_kept", request: entry.id, error });
  }
}

/** Books a response that a client has fetched and that has ended. Does nothing if it is booked already, or never was pending. */
export async function settleFetched(
  env: Env,
  keyId: string,
  keyMultiplierMilli: number,
  prices: PriceTable,
  ending: Ended,
): Promise<void> {
  const { response } = ending;
  if (!ending.target || !response?.ended) return;
  const db = drizzle(env.DB);
  const its = and(eq(backgroundResponses.keyId, keyId), eq(backgroundResponses.responseId, response.id));
  const row = await db.select().from(backgroundResponses).where(its).get();
  // The row goes last: without it, the next look would not know that there is something to book.
  if (row && (await settlePending(env, row, keyMultiplierMilli, prices, ending))) {
    await db.delete(backgroundResponses).where(its);
  }
}

/** What was learned from the provider. */
export type Ended = Pick<Ending, "target" | "usage" | "others" | "mode" | "response">;

/**
 * Books a response that has ended. False: it has not ended, or its gate did not answer; the row must stay. Safe to
 * repeat, also by several who see the end at once: a lease is settled once.
 */
export async function settlePending(
  env: Env,
  row: Pending,
  keyMultiplierMilli: number,
  prices: PriceTable,
  { target, usage, others, mode = "standard", response }: Ended,
): Promise<boolean> {
  if (!target || !response?.ended) return false;
  const { account } = target;
  // The target of a look-up has no model. The row has the model that was asked for, and the name that the upstream was told.
  const asked = targetOf(account, row.entry.model, target.protocol);
  const made = { ...asked, model: row.entry.servedModel ?? asked.model };
  // A failed response may not report its usage: then the expected one is booked, without output.
  const isTold = usage && Object.values(usage).some((count) => count > 0);
  const reported = isTold ? inContainers(usage, row.entry.usage.codeSessions) : { ...row.entry.usage, output: 0 };
  const its = { usage: reported, mode, ...(isTold && others && { others }) };
  const { costNanos, unpriced } = chargeFor(prices, made, keyMultiplierMilli, its);
  const entry: Entry = {
    ...row.entry,
    accountId: account.id,
    platform: account.platform,
    upstreamProtocol: made.protocol,
    servedModel: made.model,
    status: 200,
    outcome: "completed",
    usage: reported,
    costNanos,
    unpriced,
    priceMode: mode,
    estimated: !isTold,
    durationMs: Date.now() - row.entry.time,
  };
  return sendSettlements(env, row.keyId, [
    { leaseId: entry.id, grant: row.leaseGrant, entry, session: null, response },
  ]);
}
