/** The relay of this process. Files that run at the same time never share one (`shared-relays.ts`). */
import { inject } from "vitest";
import type { SharedRelay } from "./shared-relays.ts";

export function ownRelay(): SharedRelay {
  const number = Number(process.env.VITEST_POOL_ID);
  const relay = inject("relays")[number - 1];
  if (!relay) throw new Error(`No relay was started for process ${number}`);
  return relay;
}
