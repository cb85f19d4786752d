/** The relay of this process: files that run at the same time share none (`shared-relays.ts`). */
import { inject } from "vitest";
import type { SharedRelay } from "./shared-relays.ts";

export function ownRelay(): SharedRelay {
  const number = Number(process.env.VITEST_POOL_ID);
  const relay = inject("relays")[number - 1];
  if (!relay) throw new Error(`No relay was started for process ${number}`);
  return relay;
}
