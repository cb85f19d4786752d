/** Requests of Google's clients, read; and what they are answered. */

import { FROM_GEMINI } from "../../../../src/protocols/translate/from-gemini/half.ts";
import type { AnswerWriter, Asked } from "../../../../src/protocols/translate/halves.ts";
import type { HubEvent, HubRequest, Json } from "../../../../src/protocols/translate/hub.ts";
import type { Refusal } from "../../../../src/refusal.ts";
import { ASKED } from "../requests.ts";

export const HELLO = [{ role: "user", parts: [{ text: "hello" }] }];

export function readFrom(body: Json, asked: Partial<Asked> = {}) {
  const read = FROM_GEMINI.read({ contents: HELLO, ...body }, { ...ASKED, ...asked });
  if (!read.ok) throw new Error(JSON.stringify(read.refusal));
  return read.value;
}

export function hubOf(body: Json): HubRequest {
  return readFrom(body).hub;
}

/** The messages of these contents. */
export function messagesOf(...contents: unknown[]): unknown {
  return hubOf({ contents }).messages;
}

export function refusalOf(body: Json): Refusal | null {
  const read = FROM_GEMINI.read({ contents: HELLO, ...body }, ASKED);
  return read.ok ? null : read.refusal;
}

/** With thoughts shown. */
export function writer(asked: Partial<Asked> = {}, includeThoughts = true): AnswerWriter {
  return readFrom({ generationConfig: { thinkingConfig: { includeThoughts } } }, asked).answer;
}

export function streamed(events: readonly HubEvent[], asked: Partial<Asked> = {}, includeThoughts = true): string {
  const stream = writer(asked, includeThoughts).stream();
  return events.map((event) => stream.write(event)).join("");
}
