/**
 * The demo upstream's Anthropic Messages: `/v1/messages` (stream or not), `/v1/messages/count_tokens`, `/v1/models`, with native errors.
 * Any non-empty credential and any model name are accepted, and unknown fields are ignored. It keeps nothing between requests, and does
 * not pretend to be a model.
 */
import { createHash } from "node:crypto";
import { type InputTokens, inputTokensOf } from "./anthropic-input.ts";
import { ownWords, piecesOf, type Spoken, speak, type Turn, wordsOf } from "./conversation.ts";
import type { Decide, DemoReply, DemoRequest, Frame } from "./exchange.ts";
import { type Fields, fieldsOf, listOf, parseFields } from "./fields.ts";

type StopReason = "end_turn" | "max_tokens" | "tool_use";
type ContentBlock =
  | { type: "thinking"; thinking: string; signature: string }
  | { type: "text"; text: string }
  | { type: "tool_use"; id: string; name: string; input: unknown };

/** The models of `/v1/models`. The names are common ones so that clients pick one; the titles say what answers. */
const MODELS = ["claude-opus-5-5", "claude-sonnet-5-5", "claude-sonnet-4-5", "claude-haiku-4-5"].map((id) => ({
  type: "model",
  id,
  display_name: `${id} (demo)`,
  created_at: "2026-01-01T00:00:00Z",
}));

const STATUS_OF = {
  invalid_request_error: 400,
  authentication_error: 401,
  not_found_error: 404,
} as const;

export function anthropic(request: DemoRequest, decide: Decide): DemoReply | null {
  const { method, path, headers } = request;
  const list = /^\/v1\/models(\/|$)/.test(path);
  if (list && !headers["anthropic-version"] && !headers["x-api-key"]) return null;
  if (!list && !/^\/v1\/messages(\/|$)/.test(path)) return null;
  if (!hasCredential(request)) return refuse(request, "authentication_error", "x-api-key header is required");
  if (method === "POST" && path === "/v1/messages") return messages(request, decide);
  if (method === "POST" && path === "/v1/messages/count_tokens") return countTokens(request);
  if (method === "GET" && path === "/v1/models") return models(request);
  if (method === "GET" && path.startsWith("/v1/models/")) {
    const id = decodeURIComponent(path.slice("/v1/models/".length));
    const model = MODELS.find((each) => each.id === id);
    return model ? json(request, model) : refuse(request, "not_found_error", `model: ${id}`);
  }
  return notFound(request);
}

/** The native 404, also for paths that no protocol of the demo knows. */
export function notFound(request: DemoRequest): DemoReply {
  return refuse(request, "not_found_error", "Not Found");
}

function messages(request: DemoRequest, decide: Decide): DemoReply {
  const body = parseFields(request.body);
  if (!body) return refuse(request, "invalid_request_error", "The request body is not valid JSON");
  const fault = faultIn(body, ["model", "max_tokens", "messages"]) ?? unsignedIn(body);
  if (fault) return refuse(request, "invalid_request_error", fault);

  const thinks = ["enabled", "adaptive"].includes(String(fieldsOf(body.thinking).type));
  const spoken = speak(decide(turnOf(body)), Number(body.max_tokens), thinks);
  const outputTokens = spoken.thoughtTokens + spoken.answerTokens;
  const { blocks, stopReason } = compose(request.id, spoken);
  const input = inputTokensOf(body);
  const message = {
    id: `msg_${request.id}`,
    type: "message",
    role: "assistant",
    model: body.model,
    content: [] as ContentBlock[],
    stop_reason: null as StopReason | null,
    stop_sequence: null,
    usage: usage(input, 1),
  };
  if (body.stream !== true) {
    return json(request, {
      ...message,
      content: blocks,
      stop_reason: stopReason,
      usage: usage(input, outputTokens),
    });
  }
  const { cache_creation: _, service_tier: __, ...cumulative } = usage(input, outputTokens);
  return {
    kind: "stream",
    headers: { "request-id": `req_${request.id}` },
    frames: [
      frame({ type: "message_start", message }),
      frame({ type: "ping" }),
      ...blocks.flatMap(blockFrames),
      frame({ type: "message_delta", delta: { stop_reason: stopReason, stop_sequence: null }, usage: cumulative }),
      frame({ type: "message_stop" }),
    ],
  };
}

function countTokens(request: DemoRequest): DemoReply {
  const body = parseFields(request.body);
  if (!body) return refuse(request, "invalid_request_error", "The request body is not valid JSON");
  const fault = faultIn(body, ["model", "messages"]);
  if (fault) return refuse(request, "invalid_request_error", fault);
  const { uncached, cacheWrite5m, cacheWrite1h, cacheRead } = inputTokensOf(body);
  return json(request, { input_tokens: uncached + cacheWrite5m + cacheWrite1h + cacheRead });
}

function models(request: DemoRequest): DemoReply {
  const limit = Number(request.query.get("limit") ?? 20);
  const data = MODELS.slice(0, limit);
  return json(request, {
    data,
    has_more: data.length < MODELS.length,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  });
}

/** Arranges the answer as content blocks. */
function compose(id: string, { thought, text, call, cut }: Spoken): { blocks: ContentBlock[]; stopReason: StopReason } {
  const blocks: ContentBlock[] = [];
  if (thought !== "") blocks.push({ type: "thinking", thinking: thought, signature: signatureOf(thought) });
  blocks.push({ type: "text", text });
  if (call) blocks.push({ type: "tool_use", id: `toolu_${id}`, ...call });
  return { blocks, stopReason: cut ? "max_tokens" : call ? "tool_use" : "end_turn" };
}

function usage(input: InputTokens, outputTokens: number) {
  return {
    input_tokens: input.uncached,
    cache_creation_input_tokens: input.cacheWrite5m + input.cacheWrite1h,
    cache_read_input_tokens: input.cacheRead,
    cache_creation: {
      ephemeral_5m_input_tokens: input.cacheWrite5m,
      ephemeral_1h_input_tokens: input.cacheWrite1h,
    },
    output_tokens: outputTokens,
    service_tier: "standard",
  };
}

function blockFrames(block: ContentBlock, index: number): Frame[] {
  const { empty, deltas } = opening(block);
  return [
    frame({ type: "content_block_start", index, content_block: empty }),
    ...deltas.map((delta) => frame({ type: "content_block_delta", index, delta }, true)),
    frame({ type: "content_block_stop", index }),
  ];
}

/** A block as it opens, and the deltas that fill it. */
function opening(block: ContentBlock): { empty: ContentBlock; deltas: Fields[] } {
  switch (block.type) {
    case "thinking": {
      const words = wordsOf(block.thinking).map((thinking) => ({ type: "thinking_delta", thinking }));
      const { signature } = block;
      return {
        empty: { ...block, thinking: "", signature: "" },
        deltas: [...words, { type: "signature_delta", signature }],
      };
    }
    case "text":
      return {
        empty: { ...block, text: "" },
        deltas: wordsOf(block.text).map((text) => ({ type: "text_delta", text })),
      };
    case "tool_use": {
      const pieces = ["", ...piecesOf(JSON.stringify(block.input))];
      return {
        empty: { ...block, input: {} },
        deltas: pieces.map((piece) => ({ type: "input_json_delta", partial_json: piece })),
      };
    }
  }
}

/** The signature of one of the demo's own thoughts. */
function signatureOf(thought: string): string {
  return createHash("sha256").update(`The demo thought: ${thought}`).digest("base64");
}

/** The API accepts only its own thinking, unchanged. Returns its error for other thinking; null if all is well. */
function unsignedIn(body: Fields): string | null {
  for (const [at, { content }] of listOf(body.messages).entries()) {
    const foreign = listOf(content).findIndex(
      ({ type, thinking, signature }) => type === "thinking" && signature !== signatureOf(String(thinking)),
    );
    if (foreign >= 0) return `messages.${at}.content.${foreign}: Invalid \`signature\` in \`thinking\` block`;
  }
  return null;
}

function frame(event: { type: string } & Record<string, unknown>, paced = false): Frame {
  return { text: `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`, paced };
}

/** The turn to answer: the last message that is not a `system` one. Newer Claude Code puts those after the user's. */
function turnOf(body: Fields): Turn {
  const last = listOf(body.messages).findLast((message) => message.role !== "system");
  const blocks = typeof last?.content === "string" ? [{ type: "text", text: last.content }] : listOf(last?.content);
  const results = blocks.filter((block) => block.type === "tool_result");
  const choice = fieldsOf(body.tool_choice);
  const format = fieldsOf(fieldsOf(body.output_config).format);
  return {
    asked: ownWords(blocks.map((block) => textOf([block]))),
    toolResult: results.length > 0 ? results.map((result) => textOf(result.content)).join(" ") : null,
    tools: listOf(body.tools).flatMap((tool) =>
      typeof tool.name === "string" && tool.input_schema ? [{ name: tool.name, schema: tool.input_schema }] : [],
    ),
    choice:
      choice.type === "tool" && typeof choice.name === "string"
        ? { name: choice.name }
        : choice.type === "any" || choice.type === "none"
          ? choice.type
          : "auto",
    answerSchema: format.type === "json_schema" ? format.schema : null,
  };
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return listOf(content)
    .map((block) => (block.type === "text" && typeof block.text === "string" ? block.text : ""))
    .join("\n");
}

/** The first required field that is missing or of the wrong type, in Anthropic's words; null if all is well. */
function faultIn(body: Fields, required: string[]): string | null {
  for (const field of required) if (body[field] === undefined) return `${field}: Field required`;
  if (typeof body.model !== "string" || !body.model) return "model: Input should be a valid string";
  if (required.includes("max_tokens") && !(Number.isInteger(body.max_tokens) && Number(body.max_tokens) >= 1)) {
    return "max_tokens: Input should be greater than or equal to 1";
  }
  if (!Array.isArray(body.messages)) return "messages: Input should be a valid list";
  if (body.messages.length === 0) return "messages: at least one message is required";
  return null;
}

function hasCredential({ headers }: DemoRequest): boolean {
  return Boolean(headers["x-api-key"]?.trim() || /^Bearer\s+\S/i.test(headers.authorization ?? ""));
}

function json(request: DemoRequest, body: unknown): DemoReply {
  return { kind: "json", status: 200, headers: { "request-id": `req_${request.id}` }, body };
}

function refuse(request: DemoRequest, type: keyof typeof STATUS_OF, message: string): DemoReply {
  return {
    kind: "json",
    status: STATUS_OF[type],
    headers: { "request-id": `req_${request.id}` },
    body: { type: "error", error: { type, message }, request_id: `req_${request.id}` },
  };
}
