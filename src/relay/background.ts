/**
 * Responses that go on at the provider after their client has been answered. Such a request keeps its lease, and a row in
 * D1; whoever sees its end settles it, once. What nobody fetches lapses with its lease and is booked as `lost`, at its
 * estimate; a fetch that comes later corrects that.
 */
import { and, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Entry } from "../gate/entry.ts";
import { send } from "../gate/unsettled.ts";
import type { PriceTable } from "../pricing/table.ts";
import { backgroundResponses } from "../store/schema.ts";
import { chargeFor } from "./charge.ts";
import type { Ending } from "./settle.ts";

/** How long the provider may take. Longer than any answer was seen to, and it holds a place of the key meanwhile. */
const PENDING_MS = 60 * 60_000;

export interface Pending {
  keyId: string;
  responseId: string;
  accountId: string;
  grant: number;
  /** The request as far as it is known; its id is that of its lease. */
  entry: Entry;
}

/** Keeps the lease of a response that is not ready. Never rejects: what cannot be kept lapses. */
export async function keepPending(env: Env, { keyId, responseId, accountId, grant, entry }: Pending): Promise<void> {
  try {
    await env.GATE.getByName(keyId).keep(keyId, entry.id, { id: responseId, accountId }, PENDING_MS);
    const row = { keyId, responseId, accountId, leaseGrant: grant, entry, createdAt: Date.now() };
    await drizzle(env.DB).insert(backgroundResponses).values(row).onConflictDoNothing();
  } catch (error) {
    console.error(`response of ${entry.id} is left to lapse: ${String(error)}`);
  }
}

/** Books a response that somebody has fetched and that has ended. Does nothing for one that is booked, or was never pending. */
export async function settleFetched(
  env: Env,
  keyId: string,
  keyMultiplierMilli: number,
  prices: PriceTable,
  { account, usage, mode = "standard", response }: Ending,
): Promise<void> {
  if (!account || !response?.ended) return;
  const db = drizzle(env.DB);
  const its = and(eq(backgroundResponses.keyId, keyId), eq(backgroundResponses.responseId, response.id));
  const row = await db.select().from(backgroundResponses).where(its).get();
  if (!row) return;
  // One that failed may not say what it used: then what was expected stands, less the answer.
  const told = usage && Object.values(usage).some((count) => count > 0) ? usage : { ...row.entry.usage, output: 0 };
  const { costNanos, unpriced } = chargeFor(prices, row.entry, account, keyMultiplierMilli, told, mode);
  const entry: Entry = {
    ...row.entry,
    accountId: account.id,
    platform: account.platform,
    upstreamProtocol: row.entry.protocol,
    status: 200,
    outcome: "completed",
    usage: told,
    costNanos,
    unpriced,
    priceMode: mode,
    estimated: told !== usage,
    durationMs: Date.now() - row.entry.time,
  };
  // Safe to repeat, also by two fetches at once: a lease is settled once.
  const booked = await send(env, keyId, [{ leaseId: entry.id, grant: row.leaseGrant, entry, session: null, response }]);
  // Without its row the next fetch would not know that there is something to book.
  if (booked) await db.delete(backgroundResponses).where(its);
}
