/**
 * The keys whose requests this isolate has settled or refused lately. Reading the console's request list first asks their gates to
 * flush, so that the list is fresh. Best effort: without it a row appears when the gate's own alarm rings.
 */
import { sendPendingSettlements } from "./pending-settlements.ts";
import { takeRefusals } from "./refusal-counts.ts";

const recentKeyIds = new Set<string>();

/** How many gates are asked at once, since each costs one object request. The others are left to their alarms. */
const FLUSH_MAX = 20;

export function rememberUse(keyId: string): void {
  recentKeyIds.add(keyId);
}

/** Asks the gates of recently used keys to write to D1 what they hold. A gate that fails is left to its alarm. */
export async function flushRecentlySettled(env: Env): Promise<void> {
  const ids = [...recentKeyIds].slice(-FLUSH_MAX);
  for (const id of ids) recentKeyIds.delete(id);
  await Promise.allSettled(
    ids.map((id) => sendPendingSettlements(env, id).then(() => env.GATE.getByName(id).flush(takeRefusals(id)))),
  );
}
