/** Which lane leads from a client to an upstream: the one place that knows all of them. */
import type { Protocol } from "../wire.ts";
import { CHAT_USAGE } from "./chat-usage.ts";
import { CODE_ASSIST } from "./code-assist.ts";
import { BYTES, type Lane } from "./lane.ts";

/** How a client speaks. */
export interface ClientFormat {
  protocol: Protocol;
  /** What its requests come in, and its answers are expected in; null for nothing. */
  envelope: "code-assist" | null;
  /** It streams Chat and has not asked for its usage. */
  usageUnasked: boolean;
}

/** The lane to an upstream that is asked in `upstream`; null where none leads there. */
export function laneFor(client: ClientFormat, upstream: Protocol): Lane | null {
  if (client.protocol !== upstream) return null;
  if (client.envelope === "code-assist") return CODE_ASSIST;
  return client.usageUnasked ? CHAT_USAGE : BYTES;
}
