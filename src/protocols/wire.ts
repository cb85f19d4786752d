/**
 * What the relay knows of a wire format, whichever it is, and the one table of them. A format is a folder that fills in this
 * type; nothing outside of src/protocols asks which one it has before it.
 */
import type { Face } from "../refusal.ts";
import { ANTHROPIC } from "./anthropic/format.ts";
import { CHAT } from "./chat/format.ts";
import type { AccountCheck } from "./check.ts";
import { GEMINI } from "./gemini/format.ts";
import type { LimitHeaders } from "./limits.ts";
import type { Reading, StreamMeter } from "./meter.ts";
import type { ModelLists } from "./models.ts";
import type { Peek } from "./peek.ts";
import { RESPONSES } from "./responses/format.ts";

export interface WireFormat extends Peek {
  /** The body of a refusal, in the format's own envelope. */
  errorBody: (face: Face, requestId: string) => string;
  /** Where clients look for the id of a refused request, beside `x-request-id`. */
  REQUEST_ID_HEADER?: string;
  /** What a client is sent in the middle of a stream that broke. */
  errorEvent: (message: string) => string;
  /** The same where the stream is one JSON array; only in a format whose streams can be that. */
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
  models: ModelLists;
  check: AccountCheck;
  limits: LimitHeaders;
  /** The answer to a request that asks how many tokens it has. */
  countAnswer: (tokens: number) => object;
}

/** The one list: routes, accounts and the log name a format by its word here. */
const FORMATS = { anthropic: ANTHROPIC, chat: CHAT, responses: RESPONSES, gemini: GEMINI };

/** A wire format that the relay speaks: Messages, Chat Completions, Responses, generateContent. */
export type Protocol = keyof typeof FORMATS;
export const PROTOCOLS = Object.keys(FORMATS) as [Protocol, ...Protocol[]];

export const WIRE: Record<Protocol, WireFormat> = FORMATS;
