/**
 * The hub of translation: a request and its answer in the terms of Anthropic's Messages, whatever format they came in. Of the four
 * formats it can express the most, so the least is lost. Every field is checked and has one shape (content is always a list, what is
 * absent is absent), so code that reads a hub value needs no checks. Member names are those of the Messages API.
 *
 * The answer's events are those of the Messages API without their indices: exactly one `start`, blocks that open and close one at a
 * time, one `end` or `error`.
 */
import type { Category } from "../../refusal.ts";
import type { Usage } from "../../vocabulary.ts";

export type Json = Record<string, unknown>;

export interface CacheControl {
  type: "ephemeral";
  ttl?: "5m" | "1h";
}

interface Cached {
  /** A breakpoint of the prompt cache after this block. */
  cache_control?: CacheControl;
}

export interface HubText extends Cached {
  type: "text";
  text: string;
  /** Citations as Anthropic's own objects. */
  citations?: Json[];
}

export type MediaSource = { type: "base64"; media_type: string; data: string } | { type: "url"; url: string };

export interface HubImage extends Cached {
  type: "image";
  source: MediaSource;
}

export interface HubDocument extends Cached {
  type: "document";
  source: MediaSource | { type: "text"; media_type: "text/plain"; data: string };
  title?: string;
}

/** Sound as input. Chat and Gemini have it, Messages does not. */
export interface HubAudio {
  type: "audio";
  source: MediaSource;
}

/** `signature`: Anthropic's own, or what another provider wants back (carried.ts); "" if there is none. */
export interface HubThinking {
  type: "thinking";
  thinking: string;
  signature: string;
}

export interface HubRedactedThinking {
  type: "redacted_thinking";
  data: string;
}

export interface HubToolUse extends Cached {
  type: "tool_use";
  id: string;
  name: string;
  input: Json;
}

export interface HubToolResult extends Cached {
  type: "tool_result";
  tool_use_id: string;
  content: (HubText | HubImage | HubDocument)[];
  is_error: boolean;
}

/** A search that the provider ran. */
export interface HubServerToolUse {
  type: "server_tool_use";
  id: string;
  name: "web_search";
  input: { query?: string };
}

export interface HubSearchHit {
  type: "web_search_result";
  url: string;
  title: string;
  page_age?: string | null;
  /** Anthropic's opaque content; "" if another provider searched. */
  encrypted_content: string;
}

export interface HubSearchResult {
  type: "web_search_tool_result";
  tool_use_id: string;
  content: HubSearchHit[] | { type: "web_search_tool_result_error"; error_code: string };
}

export type HubBlock =
  | HubText
  | HubImage
  | HubDocument
  | HubAudio
  | HubThinking
  | HubRedactedThinking
  | HubToolUse
  | HubToolResult
  | HubServerToolUse
  | HubSearchResult;

/** A `system` message in the middle of a conversation stays where it is. Messages of one role may follow each other. */
export interface HubMessage {
  role: "user" | "assistant" | "system";
  content: HubBlock[];
}

/** A function that the client runs. */
export interface HubFunction extends Cached {
  type: "function";
  name: string;
  description?: string;
  input_schema: Json;
  /** Whether the client asks for arguments that fit the schema. */
  strict?: boolean;
}

/** A search that the provider runs. */
export interface HubWebSearch {
  type: "web_search";
  max_uses?: number;
  allowed_domains?: string[];
  blocked_domains?: string[];
  user_location?: { city?: string; region?: string; country?: string; timezone?: string };
}

export type HubTool = HubFunction | HubWebSearch;

export type HubToolChoice = { type: "auto" } | { type: "any" } | { type: "none" } | { type: "tool"; name: string };

export const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;
export type Effort = (typeof EFFORTS)[number];

/** How much the model should think. In a request, null means that the client says nothing about it. */
export type HubThinkingConfig =
  | { type: "enabled"; budget_tokens: number }
  | { type: "adaptive" }
  | { type: "disabled" };

/** The form of the answer: JSON with a schema, or any JSON. */
export type HubFormat =
  | { type: "json_schema"; schema: Json; name?: string; strict?: boolean; description?: string }
  | { type: "json" };

export interface HubRequest {
  /** The model as the client named it. */
  model: string;
  system: HubText[];
  messages: HubMessage[];
  tools: HubTool[];
  toolChoice: HubToolChoice | null;
  /** Whether an answer may have at most one tool call. */
  disableParallelToolUse: boolean;
  maxTokens: number | null;
  temperature: number | null;
  topP: number | null;
  topK: number | null;
  stopSequences: string[];
  thinking: HubThinkingConfig | null;
  effort: Effort | null;
  /** Whether the answer should show the thinking. */
  showThinking: boolean;
  format: HubFormat | null;
  /** How long the answer should be (OpenAI's `verbosity`). */
  verbosity: "low" | "medium" | "high" | null;
  /** The user, as the client names them: opaque. */
  user: string | null;
  /** The conversation, if it is known: the same in each of its requests. */
  session: string | null;
  stream: boolean;
}

export type StopReason =
  | "end_turn"
  | "max_tokens"
  | "stop_sequence"
  | "tool_use"
  | "pause_turn"
  | "refusal"
  | "model_context_window_exceeded";

/** The blocks that an answer consists of. */
export type HubAnswerBlock =
  | HubText
  | HubThinking
  | HubRedactedThinking
  | HubToolUse
  | HubServerToolUse
  | HubSearchResult;

export interface HubAnswer {
  /** The upstream's own id. */
  id: string;
  content: HubAnswerBlock[];
  stopReason: StopReason;
  /** The stop sequence that was met, if the upstream says which. */
  stopSequence: string | null;
  usage: Usage;
}

export interface HubError {
  /** The status that the error would have had as a response. */
  status: number;
  category: Category;
  message: string;
  /** Set if the prompt is longer than the model accepts: its length and the limit in tokens, if the upstream tells them. */
  tooLong?: { tokens: number | null; most: number | null };
}

/**
 * One step of a streamed answer. A block opens empty (text and thinking "", a tool's input `{}`) and is filled by `delta` events, with
 * text, thinking, or the JSON text of the arguments ("" for none). Redacted thinking, and what a provider ran, opens whole.
 */
export type HubEvent =
  | { type: "start"; id: string; usage: Usage | null }
  | { type: "open"; block: HubAnswerBlock }
  | { type: "delta"; text: string }
  /** The signature of the open block of thinking: comes once, right before the block closes. */
  | { type: "signature"; signature: string }
  /** A citation of the open block of text, as Anthropic's own object. */
  | { type: "citation"; citation: Json }
  | { type: "close" }
  | { type: "end"; stopReason: StopReason; stopSequence: string | null; usage: Usage }
  | { type: "error"; error: HubError };
