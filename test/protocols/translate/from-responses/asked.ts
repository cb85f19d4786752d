/** Reads requests of Responses clients, and writes the events of their answers. */

import { FROM_RESPONSES } from "../../../../src/protocols/translate/from-responses/half.ts";
import type { Asked, ReadRequest } from "../../../../src/protocols/translate/halves.ts";
import type { HubEvent, Json } from "../../../../src/protocols/translate/hub.ts";
import type { Refusal } from "../../../../src/refusal.ts";
import { NO_USAGE } from "../../../../src/vocabulary.ts";
import { ASKED } from "../requests.ts";

export const USAGE = {
  ...NO_USAGE,
  input: 10,
  cacheRead: 5,
  cacheWrite5m: 3,
  cacheWrite1h: 2,
  output: 7,
  reasoning: 4,
};

/** What is read of a body; a refusal is thrown. */
export function read(body: Json, asked: Partial<Asked> = {}): ReadRequest {
  const result = FROM_RESPONSES.read({ input: "Hi", ...body }, { ...ASKED, ...asked });
  if (!result.ok) throw new Error(JSON.stringify(result.refusal));
  return result.value;
}

/** The messages that an input is read as. */
export function messagesOf(input: unknown, body: Json = {}) {
  return read({ ...body, input }).hub.messages;
}

/** The refusal of a body; null if it is not refused. */
export function refusalOf(body: Json): Refusal | null {
  const result = FROM_RESPONSES.read({ input: "Hi", ...body }, ASKED);
  return result.ok ? null : result.refusal;
}

export function memberRefused(body: Json): string | null {
  const refusal = refusalOf(body);
  return refusal?.reason === "member_refused" ? refusal.member : null;
}

/** The data of the events of a written stream. */
export function told(text: string): Json[] {
  return text.split("\n\n").flatMap((event) => {
    const data = event.split("\n").find((line) => line.startsWith("data: "));
    return data ? [JSON.parse(data.slice("data: ".length)) as Json] : [];
  });
}

/** The events that a client with `body` gets for `events`. */
export function streamed(events: HubEvent[], body: Json = {}): Json[] {
  const stream = read(body, { stream: true }).answer.stream();
  return told(events.map((event) => stream.write(event)).join(""));
}

export const START: HubEvent = { type: "start", id: "msg_01", usage: null };

export function end(stopReason: Extract<HubEvent, { type: "end" }>["stopReason"] = "end_turn"): HubEvent {
  return { type: "end", stopReason, stopSequence: null, usage: USAGE };
}

/** The events of a block whose text comes in these pieces. */
export function block(opened: Extract<HubEvent, { type: "open" }>["block"], ...pieces: string[]): HubEvent[] {
  const deltas = pieces.map((text): HubEvent => ({ type: "delta", text }));
  return [{ type: "open", block: opened }, ...deltas, { type: "close" }];
}

export const TEXT = { type: "text", text: "" } as const;

export function call(name: string, id = "call_1") {
  return { type: "tool_use", id, name, input: {} } as const;
}
