/**
 * One booked request: what the Worker settles, the gate keeps, and the request log will have. A type and no more.
 */
import type { PriceMode } from "../protocols/meter.ts";
import type { Protocol } from "../protocols/wire.ts";
import type { Platform, Usage } from "../vocabulary.ts";
import type { Attempt, Outcome } from "./schema.ts";

/** Whose request it was, as the client says; null where it says nothing. */
export interface Origin {
  sessionId: string | null;
  /** A sub-agent within the session; null for the session's own. */
  agentId: string | null;
  parentAgentId: string | null;
}

/** One settled request, as the request log will have it. */
export interface Entry {
  id: string;
  /** When the request arrived, milliseconds since the epoch. */
  time: number;
  accountId: string | null;
  platform: Platform;
  client: string;
  /** Missing in what was stored before it was known. */
  origin?: Origin;
  protocol: Protocol;
  upstreamProtocol: Protocol | null;
  /** As the client named it. */
  model: string;
  /** The upstream's own name for what served; null where none was asked. Missing in what was stored before it was known. */
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
