/**
 * The settlements of this isolate that went along with an admission, until their gate has stored them. The gate stores several of them
 * with one write, and one invocation sees to all of these in its `waitUntil`: the first that took one along waits for the write, and
 * sends all of them again if the gate has died before it. The map holds plain values: no request awaits a promise of another.
 */
import { sendSettlements } from "./pending-settlements.ts";
import type { Admitted, Settlement, Stored } from "./rpc.ts";

/** A write of a gate that an invocation waits for, and the settlements that it stores. */
export interface AwaitedWrite {
  /** The gate's name for it. */
  name: string;
  settlements: Settlement[];
  ended: "stored" | "lost" | null;
}

const awaited = new Map<string, AwaitedWrite>();

/** The write that this isolate waits for at the gate of the key, if any. */
export function awaitedWriteOf(keyId: string): AwaitedWrite | undefined {
  return awaited.get(keyId);
}

/**
 * Sees to it that the settlements that went along with an admission are stored, by what the admission says. `known`: the write that the
 * question named. Pass the returned promise to `waitUntil`; it never rejects. Null: nothing is left to do, or another invocation does it.
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
  // The write may have ended before this answer came.
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
