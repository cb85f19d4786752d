/** Chat Completions as the API sends them: streams chunk by chunk, whole answers, and what they report as used. */

export const USED = {
  prompt_tokens: 82,
  completion_tokens: 57,
  total_tokens: 139,
  prompt_tokens_details: { cached_tokens: 40, cache_write_tokens: 30, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 20, audio_tokens: 0, accepted_prediction_tokens: 0 },
};

/** The same figures as a request row has them. */
export const BOOKED = {
  input_tokens: 12,
  cache_write_5m_tokens: 30,
  cache_write_1h_tokens: 0,
  cache_read_tokens: 40,
  output_tokens: 57,
};

/** A whole stream as a list of events, one delta per word; `usage` as with `stream_options.include_usage`. */
export function streamOf(words: string[], model = "gpt-5.5", usage = true): string[] {
  const head = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1_795_000_000, model };
  const tail = { service_tier: "default", system_fingerprint: "fp_1" };
  const chunk = (delta: object, finish_reason: string | null) =>
    event({
      ...head,
      ...tail,
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
      ...(usage && { usage: null }),
      obfuscation: "x1y2z3",
    });
  return [
    chunk({ role: "assistant", content: "", refusal: null }, null),
    ...words.map((content) => chunk({ content }, null)),
    chunk({}, "stop"),
    ...(usage ? [event({ ...head, ...tail, choices: [], usage: USED, obfuscation: "" })] : []),
    "data: [DONE]\n\n",
  ];
}

export function wholeChat(text: string, model = "gpt-5.5"): string {
  const message = { role: "assistant", content: text, refusal: null, annotations: [] };
  return JSON.stringify({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1_795_000_000,
    model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: "stop" }],
    usage: USED,
    service_tier: "default",
    system_fingerprint: "fp_1",
  });
}

export function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

export function errorOf(type: string, message: string, code: string | null = null) {
  return { error: { message, type, param: null, code } };
}
