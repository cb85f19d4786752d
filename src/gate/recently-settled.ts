/**
 * The keys this isolate has settled or refused requests of, so that the console's request list is fresh: reading the list asks
 * their gates to flush first. Best effort by design; without it a row appears when the gate's own alarm rings.
 */
import { sendPendingSettlements } from "./pending-settlements.ts";
import { takeRefusals } from "./refusal-counts.ts";

const recentKeyIds = new Set<string>();

/** More keys than this are left to their alarms: each costs one object request. */
const FLUSH_MAX = 20;

export function rememberUse(keyId: string): void {
  recentKeyIds.add(keyId);
}

/** Asks the gates of recently used keys to write what they hold to D1. Failures are left to their alarms. */
export async function flushRecentlySettled(env: Env): Promise<void> {
  const ids = [...recentKeyIds].slice(-FLUSH_MAX);
  for (const id of ids) recentKeyIds.delete(id);
  await Promise.allSettled(
    ids.map((id) => sendPendingSettlements(env, id).then(() => env.GATE.getByName(id).flush(takeRefusals(id)))),
  );
}
