/**
 * The settlements of this isolate that have gone along with an admission, until their gate has stored them. Those that come with one
 * write of the gate are seen to by one invocation, in its `waitUntil`: the first that took one along waits for the write, and
 * sends all of them again where the gate has died before. The map holds plain values: no request awaits a promise of another.
 */
import { sendSettlements } from "./pending-settlements.ts";
import type { Admitted, Settlement, Stored } from "./rpc.ts";

/** A write that an invocation waits for, and what comes with it. */
export interface AwaitedWrite {
  /** As its gate names it. */
  name: string;
  settlements: Settlement[];
  ended: "stored" | "lost" | null;
}

const awaited = new Map<string, AwaitedWrite>();

/** The write that this isolate waits for at the gate of the key. */
export function awaitedWriteOf(keyId: string): AwaitedWrite | undefined {
  return awaited.get(keyId);
}

/**
 * Sees to it that what rode along is stored, by what its admission says. `known`: the write that the question named. What is answered
 * belongs into `waitUntil` and never rejects; null where there is nothing to be done, or another invocation does it.
 */
export function seeStored(
  env: Env,
  keyId: string,
  settlements: readonly Settlement[],
  { write, stored }: Admitted,
  known: AwaitedWrite | undefined,
): Promise<unknown> | null {
  if (write === undefined) return null;
  if (stored) return storedBy(env, keyId, { name: write, settlements: [...settlements], ended: null }, stored);
  // Its end may have been heard before this answer was.
  if (known?.ended === "stored") return null;
  if (known?.ended !== null) return sendSettlements(env, keyId, settlements);
  known.settlements.push(...settlements);
  return null;
}

async function storedBy(env: Env, keyId: string, write: AwaitedWrite, stored: Stored): Promise<void> {
  awaited.set(keyId, write);
  try {
    await stored();
    write.ended = "stored";
  } catch {
    write.ended = "lost";
  }
  if (awaited.get(keyId) === write) awaited.delete(keyId);
  stored[Symbol.dispose]?.();
  if (write.ended === "lost") await sendSettlements(env, keyId, write.settlements);
}
