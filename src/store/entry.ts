/**
 * One booked request: what the Worker settles, the gate keeps, and the request log gets. Types only.
 */
import type { PriceMode } from "../protocols/meter.ts";
import type { Protocol } from "../protocols/wire.ts";
import type { Platform, Usage } from "../vocabulary.ts";
import type { Attempt, Outcome } from "./schema.ts";

/** Where a request came from, as the client says; null where it says nothing. */
export interface Origin {
  sessionId: string | null;
  /** A sub-agent within the session; null for the session's own. */
  agentId: string | null;
  parentAgentId: string | null;
}

/** One settled request, as the request log gets it. */
export interface Entry {
  id: string;
  /** When the request arrived, milliseconds since the epoch. */
  time: number;
  accountId: string | null;
  platform: Platform;
  client: string;
  /** Missing in entries that were stored before this field existed. */
  origin?: Origin;
  protocol: Protocol;
  upstreamProtocol: Protocol | null;
  /** The model, as the client named it. */
  model: string;
  /** The upstream's own name for the model that served; null if none was asked. Missing in entries from before this field existed. */
  servedModel?: string | null;
  status: number;
  outcome: Outcome;
  stream: boolean;
  usage: Usage;
  costNanos: number;
  unpriced: boolean;
  priceMode: PriceMode;
  estimated: boolean;
  ttftMs: number | null;
  durationMs: number;
  attempts: Attempt[];
}
