/** Responses as the API sends them: streams event by event, whole answers, and what they report as used. */

export const USED = {
  input_tokens: 82,
  input_tokens_details: { cached_tokens: 40, cache_write_tokens: 30 },
  output_tokens: 57,
  output_tokens_details: { reasoning_tokens: 20 },
  total_tokens: 139,
};

/** The same figures as a request row has them. */
export const BOOKED = {
  input_tokens: 12,
  cache_write_5m_tokens: 30,
  cache_write_1h_tokens: 0,
  cache_read_tokens: 40,
  output_tokens: 57,
};

/** A whole stream as a list of events, one text delta per word. */
export function streamOf(words: string[], model = "gpt-5.5"): string[] {
  const text = words.join("");
  const running = { ...responseOf(model), status: "in_progress", service_tier: "auto", output: [], usage: null };
  const empty = { id: "msg_1", type: "message", status: "in_progress", role: "assistant", content: [] };
  const part = { item_id: "msg_1", output_index: 0, content_index: 0 };
  const whole = { ...responseOf(model), output: [itemOf(text)] };
  return [
    { type: "response.created", response: running },
    { type: "response.in_progress", response: running },
    { type: "response.output_item.added", output_index: 0, item: empty },
    { type: "response.content_part.added", ...part, part: { type: "output_text", text: "", annotations: [] } },
    ...words.map((delta) => ({ type: "response.output_text.delta", ...part, delta, logprobs: [], obfuscation: "x1" })),
    { type: "response.output_text.done", ...part, text, logprobs: [] },
    { type: "response.content_part.done", ...part, part: { type: "output_text", text, annotations: [] } },
    { type: "response.output_item.done", output_index: 0, item: itemOf(text) },
    { type: "response.completed", response: whole },
  ].map(({ type, ...data }, sequence_number) => event({ type, sequence_number, ...data }));
}

export function wholeResponse(text: string, model = "gpt-5.5"): string {
  return JSON.stringify({ ...responseOf(model), output: [itemOf(text)] });
}

export function responseOf(model: string) {
  return {
    id: "resp_1",
    object: "response",
    created_at: 1_795_000_000,
    status: "completed",
    error: null,
    incomplete_details: null,
    instructions: 'Say "usage": {} and be brief.',
    model,
    service_tier: "default",
    tools: [{ type: "function", name: "report", parameters: { type: "object", properties: { usage: {} } } }],
    usage: USED,
    metadata: {},
  };
}

function itemOf(text: string) {
  const content = [{ type: "output_text", text, annotations: [], logprobs: [] }];
  return { id: "msg_1", type: "message", status: "completed", role: "assistant", content };
}

export function event(data: { type: string; [member: string]: unknown }): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** The event of a response that failed in the middle. */
export function failedOf(code: string, message: string) {
  const response = { ...responseOf("gpt-5.5"), status: "failed", error: { code, message }, output: [], usage: null };
  return { type: "response.failed", sequence_number: 9, response };
}
