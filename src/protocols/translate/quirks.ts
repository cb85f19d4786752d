/**
 * How a service that is compatible with a format differs from it: data, kept with the account. Presets by base URL are in
 * src/providers/quirks.ts; what an operator says of an account goes before them.
 */
import type { Effort } from "./hub.ts";

/**
 * Under which name, or how, thinking goes into the history of a Chat request. `signed_details` is `reasoning_details` where what the
 * service has signed comes back to it, and plain `reasoning` else; `parts` are Mistral's, among those of the content.
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
 * How a Chat request says how much to think: OpenAI's word, a switch (`{"type":"enabled"}`), the same switch that is only ever
 * turned off, Qwen's, OpenRouter's object, and what goes to the template of a model that is run with vLLM.
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

/** What of a choice of tools is taken: any; no single tool; none that is forced; none that is forced while the model thinks. */
export const TOOL_CHOICES = ["any", "required", "auto", "unless_thinking"] as const;
/** What form of an answer may be asked for: JSON of a schema, or any JSON; one of the two; neither. */
export const ANSWER_FORMATS = ["any", "json_object", "json_schema", "none"] as const;

export interface Quirks {
  /** Null: thinking is left out of the history. */
  reasoningHistory: ReasoningHistory | null;
  /** With tools, every message of the assistant must have its thinking, an empty text at least (DeepSeek). */
  reasoningRequired: boolean;
  /** Null: nothing can be said of it. */
  thinkingControl: ThinkingControl | null;
  /** The words for an effort that are taken; null: those of a model of this name, or any. */
  efforts: readonly Effort[] | null;
  /** What the output limit of a Chat request is called. */
  maxTokens: "max_tokens" | "max_completion_tokens";
  /** The role of instructions in a Chat request. */
  instructions: "system" | "developer";
  /** A system message in the middle of a conversation is taken where it stands. */
  systemAnywhere: boolean;
  /** A message of the user may follow those of tools (Mistral wants the assistant's before it). */
  userAfterTool: boolean;
  /** Messages of a tool may have pictures among their parts. */
  imagesInToolResults: boolean;
  /** Pictures may be named by a URL (Ollama takes their bytes alone). */
  imageUrls: boolean;
  /** Documents may be among the parts of a message of the user. */
  files: boolean;
  /** Breakpoints of a prompt cache are understood (OpenRouter). */
  cacheControl: boolean;
  toolChoice: (typeof TOOL_CHOICES)[number];
  answerFormats: (typeof ANSWER_FORMATS)[number];
  /** Arguments of calls are streamed only when that is asked for (GLM's `tool_stream`). */
  toolStream: boolean;
  /** The ids of calls are nine letters and digits (Mistral). */
  shortCallIds: boolean;
  /** `top_k` is understood. */
  topK: boolean;
  verbosity: boolean;
  /** A search of the web that the service runs is `openrouter:web_search`. */
  webSearch: boolean;
  /** What says whose request it is. */
  user: "safety_identifier" | "user" | null;
  /** `prompt_cache_key` is understood. */
  promptCacheKey: boolean;
  /** A stream may end behind a whole call without saying so (Cerebras). */
  endsSilently: boolean;
  /** Members that every request gets besides: what makes a service tell thinking and text apart. */
  extraBody: Readonly<Record<string, string | number | boolean>>;
  /** Parameters that this upstream refuses, by its own names: left out, and named as dropped. What else may stand here: gaps.ts. */
  without: readonly string[];
}

/** A service of which nothing is known: the plainest form of each thing. */
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
