/**
 * The other three wire formats in the benchmark: a prompt of about 4 kB as the format's own client sends it, and the answer as the
 * provider streams it, one event per delta. Constant, so that every run sends the same bytes.
 */
import { streamOf as chatStreamOf } from "../../test/front/chat.ts";
import { streamOf as geminiStreamOf } from "../../test/front/gemini.ts";
import { streamOf as responsesStreamOf } from "../../test/front/responses.ts";
import { CLIENT_HEADERS } from "./messages.ts";

export interface Wire {
  /** The path at the relay, which is the provider's own. */
  path: string;
  body: Buffer;
  /** Headers of the format's usual client, with a relay key in its usual place. */
  headersOf: (secret: string) => Record<string, string>;
}

const PROMPT = 'Look at `lookUp("name", { strict: true })` in every file,\n\tfind the größer one and say why.\n'.repeat(
  42,
);
const INSTRUCTIONS = "You are a careful engineer.";

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const OPENAI_HEADERS = (secret: string) => ({
  accept: "application/json",
  "content-type": "application/json",
  "user-agent": "OpenAI/JS 7.2.0",
  "x-stainless-lang": "js",
  "x-stainless-package-version": "7.2.0",
  "x-stainless-retry-count": "0",
  "x-stainless-runtime": "node",
  authorization: `Bearer ${secret}`,
});

export const MESSAGES_HEADERS: Wire["headersOf"] = (secret) => ({ ...CLIENT_HEADERS, "x-api-key": secret });

export const RESPONSES: Wire = {
  path: "v1/responses",
  body: json({
    model: "gpt-5.5",
    instructions: INSTRUCTIONS,
    input: [{ type: "message", role: "user", content: [{ type: "input_text", text: PROMPT }] }],
    store: false,
    stream: true,
  }),
  headersOf: OPENAI_HEADERS,
};

/** A coding agent's conversation of about `bytes` bytes. The model's name comes after it, so that a scan must look for it. */
export function responsesBody(bytes: number): Buffer {
  const input: unknown[] = [];
  let size = 0;
  for (let turn = 0; size < bytes; turn++) {
    const call_id = `call_${turn}`;
    const action = JSON.stringify({ command: ["bash", "-lc", `grep -n "name-${turn}" src/file-${turn}.ts`] });
    const items = [
      { type: "reasoning", summary: [], encrypted_content: "gAAAAAB".padEnd(600, "x") },
      { type: "function_call", name: "shell", arguments: action, call_id },
      { type: "function_call_output", call_id, output: PROMPT.slice(0, 2_000) },
    ];
    input.push(...items);
    size += JSON.stringify(items).length;
  }
  return json({
    instructions: INSTRUCTIONS,
    input,
    store: false,
    prompt_cache_key: "0123",
    model: "gpt-5.5",
    stream: true,
  });
}

/** The client asks for usage itself. Otherwise the relay changes the stream, which is another case. */
export const CHAT: Wire = {
  path: "v1/chat/completions",
  body: json({
    model: "gpt-5.5",
    messages: [
      { role: "system", content: INSTRUCTIONS },
      { role: "user", content: PROMPT },
    ],
    stream: true,
    stream_options: { include_usage: true },
  }),
  headersOf: OPENAI_HEADERS,
};

export const GEMINI: Wire = {
  path: "v1beta/models/gemini-3.5-flash:streamGenerateContent?alt=sse",
  body: json({
    systemInstruction: { parts: [{ text: INSTRUCTIONS }] },
    contents: [{ role: "user", parts: [{ text: PROMPT }] }],
    generationConfig: { temperature: 0 },
  }),
  headersOf: (secret) => ({
    "content-type": "application/json",
    "user-agent": "google-genai-sdk/3.1.0 gl-node/v24.3.0",
    "x-goog-api-client": "google-genai-sdk/3.1.0 gl-node/v24.3.0",
    "x-goog-api-key": secret,
  }),
};

const STREAMS: [wire: Wire, streamOf: (words: string[]) => string[]][] = [
  [RESPONSES, responsesStreamOf],
  [CHAT, chatStreamOf],
  [GEMINI, geminiStreamOf],
];

/** The stream that answers `path`, of exactly `events` events; undefined if the path belongs to none of these formats. */
export function wireStream(path: string, events: number): string[] | undefined {
  // A translation asks Google for the account's own model.
  const asked = path.replace(/^\//, "").replace(/(?<=^v1beta\/models\/)[^:]+/, "gemini-3.5-flash");
  const found = STREAMS.find(([wire]) => wire.path.split("?")[0] === asked);
  if (!found) return undefined;
  const [, streamOf] = found;
  const around = streamOf([]).length;
  return streamOf(Array.from({ length: events - around }, (_, index) => ` word${index % 10} and`));
}
