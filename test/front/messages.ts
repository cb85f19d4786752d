/** Messages as the API sends them: streams event by event, whole answers, and what they report as used. */

export const USED = {
  input_tokens: 12,
  cache_creation_input_tokens: 30,
  cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
  cache_read_input_tokens: 40,
  output_tokens: 57,
};

/** The same figures as a request row has them. */
export const BOOKED = {
  input_tokens: 12,
  cache_write_5m_tokens: 10,
  cache_write_1h_tokens: 20,
  cache_read_tokens: 40,
  output_tokens: 57,
};

/** A whole stream as a list of events, one text delta per word. */
export function streamOf(words: string[], model = "claude-sonnet-4-5"): string[] {
  const usage = { ...USED, output_tokens: 1 };
  const message = { id: "msg_1", type: "message", role: "assistant", model, content: [], stop_reason: null, usage };
  const block = { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } };
  // The last event repeats the totals, but not how the cache writes are divided.
  const { cache_creation: _, ...sums } = USED;
  const stop = { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: sums };
  return [
    event({ type: "message_start", message }),
    event(block),
    event({ type: "ping" }),
    ...words.map((text) => event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } })),
    event({ type: "content_block_stop", index: 0 }),
    event(stop),
    event({ type: "message_stop" }),
  ];
}

export function wholeMessage(text: string, model = "claude-sonnet-4-5"): string {
  const content = [{ type: "text", text }];
  return JSON.stringify({
    id: "msg_1",
    type: "message",
    role: "assistant",
    model,
    content,
    stop_reason: "end_turn",
    usage: USED,
  });
}

export function event(data: { type: string; [field: string]: unknown }): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}

export function errorOf(type: string, message: string): { type: "error"; error: { type: string; message: string } } {
  return { type: "error", error: { type, message } };
}
