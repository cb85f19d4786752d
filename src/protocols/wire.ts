/**
 * What the relay needs to know of a wire format, whichever it is: how an error looks in it, and where its usage lies.
 */
import type { Face } from "../refusal.ts";
import type { Protocol } from "../vocabulary.ts";
import * as anthropic from "./anthropic/usage.ts";
import * as chat from "./chat/usage.ts";
import * as gemini from "./gemini/usage.ts";
import type { Reading, StreamMeter } from "./meter.ts";
import * as responses from "./responses/usage.ts";

export interface WireFormat {
  /** The body of a refusal, in the format's own envelope. */
  errorBody: (face: Face, requestId: string) => string;
  /** What a client is sent in the middle of a stream that broke. */
  errorEvent: (message: string) => string;
  /** The same where the stream is not one of events, as Gemini's JSON array. */
  errorElement?: (message: string) => string;
  /** The error in the beginning of a stream or in a whole body, with the status it should have had; null for none. */
  errorIn: (text: string) => { status: number; body: string } | null;
  /** Whether an event of a stream, of which this is the data, carries nothing of the answer yet and is no error. */
  isPrelude: (data: string) => boolean;
  /** The top-level members of a whole answer that `readWhole` wants. */
  USAGE_MEMBERS: readonly string[];
  /** Usage of a whole answer, from the parsed values of those members. */
  readWhole: (members: Record<string, unknown>) => Reading;
  /** A meter for one streamed answer. */
  streamMeter: () => StreamMeter;
}

export const WIRE: Record<Protocol, WireFormat> = { anthropic, chat, responses, gemini };
