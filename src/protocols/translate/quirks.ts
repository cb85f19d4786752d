/**
 * How a service that is compatible with a format differs from it. This is data, kept with the account. src/providers/quirks.ts has
 * presets by base URL; what an operator sets for an account takes precedence.
 */
import type { Effort } from "./hub.ts";

/**
 * The name or form in which thinking goes into the history of a Chat request. `signed_details` is `reasoning_details` if the service
 * has signed it, and otherwise plain `reasoning`. `parts` is Mistral's form, among the parts of the content.
 */
export const REASONING_HISTORIES = [
  "reasoning_content",
  "reasoning",
  "reasoning_details",
  "signed_details",
  "parts",
] as const;
export type ReasoningHistory = (typeof REASONING_HISTORIES)[number];

/**
 * How a Chat request says how much to think, in this order: OpenAI's word, a switch (`{"type":"enabled"}`), the same switch but only
 * ever turned off, Qwen's form, OpenRouter's object, and the arguments of the template of a model that vLLM runs.
 */
export const THINKING_CONTROLS = [
  "reasoning_effort",
  "thinking",
  "thinking_off",
  "enable_thinking",
  "reasoning",
  "chat_template_kwargs",
] as const;
export type ThinkingControl = (typeof THINKING_CONTROLS)[number];

/** Which choices of tools are accepted: any; no single tool; none that is forced; none that is forced while the model thinks. */
export const TOOL_CHOICES = ["any", "required", "auto", "unless_thinking"] as const;
/** Which forms of an answer may be asked for: JSON with a schema and any JSON; only one of the two; neither. */
export const ANSWER_FORMATS = ["any", "json_object", "json_schema", "none"] as const;

export interface Quirks {
  /** Null: thinking is left out of the history. */
  reasoningHistory: ReasoningHistory | null;
  /** Whether, with tools, every message of the assistant must have its thinking, at least as an empty text (DeepSeek). */
  reasoningRequired: boolean;
  /** Null: the request cannot say how much to think. */
  thinkingControl: ThinkingControl | null;
  /** The words for an effort that are accepted; null: those of the model of this name, or any. */
  efforts: readonly Effort[] | null;
  /** The name of the output limit in a Chat request. */
  maxTokens: "max_tokens" | "max_completion_tokens";
  /** The role of instructions in a Chat request. */
  instructions: "system" | "developer";
  /** Whether a system message in the middle of a conversation is accepted there. */
  systemAnywhere: boolean;
  /** Whether a message of the user may follow those of tools (Mistral requires one of the assistant's in between). */
  userAfterTool: boolean;
  /** Whether messages of a tool may have images among their parts. */
  imagesInToolResults: boolean;
  /** Whether images may be given by a URL (Ollama accepts only their bytes). */
  imageUrls: boolean;
  /** Whether documents may be among the parts of a user's message. */
  files: boolean;
  /** Whether breakpoints of a prompt cache are understood (OpenRouter). */
  cacheControl: boolean;
  toolChoice: (typeof TOOL_CHOICES)[number];
  answerFormats: (typeof ANSWER_FORMATS)[number];
  /** Whether arguments of calls are streamed only on request (GLM's `tool_stream`). */
  toolStream: boolean;
  /** Whether the ids of calls must be nine letters and digits (Mistral). */
  shortCallIds: boolean;
  /** Whether `top_k` is understood. */
  topK: boolean;
  verbosity: boolean;
  /** Whether the service runs a web search as `openrouter:web_search`. */
  webSearch: boolean;
  /** The member that names the user. */
  user: "safety_identifier" | "user" | null;
  /** Whether `prompt_cache_key` is understood. */
  promptCacheKey: boolean;
  /** Whether a stream may end after a whole call without saying so (Cerebras). */
  endsSilently: boolean;
  /** Members that are added to every request, because with them a service separates thinking and text. */
  extraBody: Readonly<Record<string, string | number | boolean>>;
  /** Parameters that this upstream refuses, by its own names. They are left out, and named as dropped. Further lines: gaps.ts. */
  without: readonly string[];
}

/** For an unknown service: the plainest form of everything. */
export const NO_QUIRKS: Quirks = {
  reasoningHistory: null,
  reasoningRequired: false,
  thinkingControl: "reasoning_effort",
  efforts: null,
  maxTokens: "max_tokens",
  instructions: "system",
  systemAnywhere: true,
  userAfterTool: true,
  imagesInToolResults: false,
  imageUrls: true,
  files: false,
  cacheControl: false,
  toolChoice: "any",
  answerFormats: "any",
  toolStream: false,
  shortCallIds: false,
  topK: false,
  verbosity: false,
  webSearch: false,
  user: null,
  promptCacheKey: false,
  endsSilently: false,
  extraBody: {},
  without: [],
};
