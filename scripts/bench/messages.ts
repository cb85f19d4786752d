/**
 * The benchmarked conversation, in realistic sizes: requests as Claude Code sends them, answers as the Messages API streams them. Constant,
 * so that every run sends the same bytes.
 */

const WORDS =
  "The relay keeps a lease for every request in flight and returns it when the stream has ended, so limits hold".split(
    " ",
  );

export const OPENING_EVENTS = [
  event("message_start", {
    type: "message_start",
    message: {
      id: "msg_01BenchBenchBenchBenchBe",
      type: "message",
      role: "assistant",
      model: "claude-sonnet-4-5-20250929",
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: {
        input_tokens: 12,
        cache_creation_input_tokens: 1200,
        cache_read_input_tokens: 48_000,
        cache_creation: { ephemeral_5m_input_tokens: 1200, ephemeral_1h_input_tokens: 0 },
        output_tokens: 4,
        service_tier: "standard",
      },
    },
  }),
  event("content_block_start", {
    type: "content_block_start",
    index: 0,
    content_block: { type: "text", text: "" },
  }),
  event("ping", { type: "ping" }),
];

export const CLOSING_EVENTS = [
  event("content_block_stop", { type: "content_block_stop", index: 0 }),
  event("message_delta", {
    type: "message_delta",
    delta: { stop_reason: "end_turn", stop_sequence: null },
    usage: {
      input_tokens: 12,
      cache_creation_input_tokens: 1200,
      cache_read_input_tokens: 48_000,
      output_tokens: 600,
    },
  }),
  event("message_stop", { type: "message_stop" }),
];

/** A text delta of 110 to 150 bytes, as the API cuts them: a few words each. */
export function deltaEvent(index: number): string {
  const text = ` ${WORDS[index % WORDS.length]} ${WORDS[(index * 7 + 3) % WORDS.length]}`;
  return event("content_block_delta", { type: "content_block_delta", index: 0, delta: { type: "text_delta", text } });
}

export const WHOLE_ANSWER = JSON.stringify({
  id: "msg_01BenchBenchBenchBenchBe",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-4-5-20250929",
  content: [{ type: "text", text: WORDS.join(" ").repeat(20) }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 12, cache_creation_input_tokens: 0, cache_read_input_tokens: 48_000, output_tokens: 600 },
});

/** Headers of an Anthropic SDK client. The sender adds the credential. */
export const CLIENT_HEADERS = {
  accept: "application/json",
  "content-type": "application/json",
  "user-agent": "claude-cli/2.1.12 (external, cli)",
  "anthropic-version": "2023-06-01",
  "anthropic-beta": "interleaved-thinking-2025-05-14,fine-grained-tool-streaming-2025-05-14",
  "anthropic-dangerous-direct-browser-access": "true",
  "x-app": "cli",
  "x-stainless-arch": "x64",
  "x-stainless-lang": "js",
  "x-stainless-os": "Linux",
  "x-stainless-package-version": "0.70.0",
  "x-stainless-retry-count": "0",
  "x-stainless-runtime": "node",
  "x-stainless-runtime-version": "v24.3.0",
  "x-stainless-timeout": "600",
};

/** A conversation of about `bytes` bytes of JSON. The model's name comes after it, so that a scan must look for it. */
export function requestBody(bytes: number, stream: boolean): Buffer {
  const messages: unknown[] = [];
  let size = 0;
  for (let turn = 0; size < bytes; turn++) {
    const message = turn % 2 === 0 ? toolResult(turn) : assistantTurn(turn);
    messages.push(message);
    size += JSON.stringify(message).length + 1;
  }
  return Buffer.from(
    JSON.stringify({
      system: [{ type: "text", text: "You are a careful engineer.", cache_control: { type: "ephemeral" } }],
      messages,
      metadata: { user_id: "user_0123_account__session_4567" },
      max_tokens: 32_000,
      model: "claude-sonnet-4-5",
      stream,
    }),
  );
}

/** Source code, which is most of what an agent sends: many line ends and quotes, all escaped in JSON. */
function toolResult(turn: number): unknown {
  const line = (index: number) =>
    `\tconst value${index} = lookUp("name-${turn}-${index}", { strict: true }); // größer\n`;
  const content = Array.from({ length: 24 }, (_, index) => line(index)).join("");
  return { role: "user", content: [{ type: "tool_result", tool_use_id: `toolu_${turn}`, content }] };
}

function assistantTurn(turn: number): unknown {
  const input = { command: `grep -n "name-${turn}" src/file-${turn}.ts`, model: "not this one", stream: false };
  return {
    role: "assistant",
    content: [
      { type: "text", text: `${WORDS.join(" ")}. `.repeat(6) },
      { type: "tool_use", id: `toolu_${turn + 1}`, name: "Bash", input },
    ],
  };
}

function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
