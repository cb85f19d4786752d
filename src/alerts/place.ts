/** What a channel's configuration is sealed for. It includes the address, so nobody who can write to D1 can redirect it. */
import type { Place } from "../vault/seal.ts";

export function channelPlace(id: string): Place {
  return { table: "alert_channels", row: id, destination: "", acceptsV1: false };
}
