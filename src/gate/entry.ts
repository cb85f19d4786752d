/**
 * One booked request: what the Worker settles, the gate keeps, and the request log will have. A type and no more.
 */
import type { PriceMode } from "../protocols/meter.ts";
import type { Attempt, Outcome } from "../store/schema.ts";
import type { Platform, Protocol, Usage } from "../vocabulary.ts";

/** One settled request, as the request log will have it. */
export interface Entry {
  id: string;
  /** When the request arrived, milliseconds since the epoch. */
  time: number;
  accountId: string | null;
  platform: Platform;
  client: string;
  protocol: Protocol;
  upstreamProtocol: Protocol | null;
  model: string;
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
