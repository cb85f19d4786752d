/**
 * What passes between the demo upstream's server and its protocols: a request that is already read, and a reply that is either one JSON
 * document or a list of stream frames. There are no sockets and no clock here, so that a protocol can be tested with plain values.
 */
import type { Answer, Turn } from "./conversation.ts";

/** A request whose body has been read and decompressed. Header names are lower case. */
export interface DemoRequest {
  /** Random letters and digits; a protocol makes its message and call ids from them. */
  id: string;
  method: string;
  /** The path without its query, never with a trailing slash. */
  path: string;
  query: URLSearchParams;
  headers: Record<string, string | undefined>;
  body: string;
}

/** One piece of a stream. A `paced` frame is sent a moment after the one before, so that a person sees it arrive. */
export interface Frame {
  text: string;
  paced: boolean;
}

export type DemoReply =
  | { kind: "json"; status: number; headers: Record<string, string>; body: unknown }
  | { kind: "stream"; headers: Record<string, string>; frames: Frame[] };

/** Decides the answer to a turn. */
export type Decide = (turn: Turn) => Answer;

/** Answers the paths of one wire format with what `decide` says, and returns null for every other path. */
export type DemoProtocol = (request: DemoRequest, decide: Decide) => DemoReply | null;
