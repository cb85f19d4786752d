/** What a channel's configuration is sealed for. Its address is inside, so nobody who may write to D1 can send it elsewhere. */
import type { Place } from "../vault/seal.ts";

export function channelPlace(id: string): Place {
  return { table: "alert_channels", row: id, destination: "", acceptsV1: false };
}
