/** Chunks as services send them, and the events that are read from them. */
import type { HubEvent } from "../../../../src/protocols/translate/hub.ts";
import { Names } from "../../../../src/protocols/translate/names.ts";
import { ChatStream, type Reading } from "../../../../src/protocols/translate/to-chat/stream.ts";

export const USAGE = {
  prompt_tokens: 10,
  completion_tokens: 5,
  total_tokens: 15,
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 2 },
};

export function chunk(fields: object): string {
  return JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1_700_000_000, ...fields });
}

export function delta(fields: object): string {
  return chunk({ choices: [{ index: 0, delta: fields, finish_reason: null }], usage: null });
}

/** The end of OpenAI's streams: the reason, the usage, the mark. */
export function finished(reason: string): string[] {
  return [
    chunk({ choices: [{ index: 0, delta: {}, finish_reason: reason }], usage: null }),
    chunk({ choices: [], usage: USAGE }),
    "[DONE]",
  ];
}

export function reading(fields: Partial<Reading> = {}): Reading {
  return { names: new Names(64), stops: [], endsSilently: false, ...fields };
}

/** The events of a stream that ends after `chunks`. */
export function read(chunks: string[], fields: Partial<Reading> = {}): HubEvent[] {
  const stream = new ChatStream(reading(fields));
  return [...chunks.flatMap((data) => stream.read(data)), ...stream.end()];
}
