/**
 * The type that every wire format fills in, and the one table of them. A format is a folder. Nothing outside src/protocols asks
 * which format it is dealing with.
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
  /** The header in which clients look for the id of a refused request, besides `x-request-id`. */
  REQUEST_ID_HEADER?: string;
  /** The event that a client gets when its stream breaks in the middle. */
  errorEvent: (message: string) => string;
  /** The same for a stream that is one JSON array; only formats with such streams have it. */
  errorElement?: (message: string) => string;
  /** The error at the beginning of a stream or in a whole body, with the status that it should have had; null if there is none. */
  errorIn: (text: string) => { status: number; body: string } | null;
  /** Whether an event of a stream with this data carries nothing of the answer yet, and is no error. */
  isPrelude: (data: string) => boolean;
  /** The top-level members of a whole answer that `readWhole` needs. */
  USAGE_MEMBERS: readonly string[];
  /** The usage of a whole answer, from the parsed values of those members. */
  readWhole: (members: Record<string, unknown>) => Reading;
  /** A meter for one streamed answer. */
  streamMeter: () => StreamMeter;
  models: ModelLists;
  check: AccountCheck;
  limits: LimitHeaders;
  /** The answer to a request to count tokens. */
  countAnswer: (tokens: number) => object;
}

/** The one list. Routes, accounts and the log refer to a format by its key here. */
const FORMATS = { anthropic: ANTHROPIC, chat: CHAT, responses: RESPONSES, gemini: GEMINI };

/** A wire format that the relay speaks: Messages, Chat Completions, Responses, generateContent. */
export type Protocol = keyof typeof FORMATS;
export const PROTOCOLS = Object.keys(FORMATS) as [Protocol, ...Protocol[]];

export const WIRE: Record<Protocol, WireFormat> = FORMATS;
