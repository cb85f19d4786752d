/**
 * Services that are compatible with OpenAI's Chat Completions, by host: which formats they speak, and how each differs. Each line is
 * something that the service's own pages say or that its answers have shown. Unknown differences are not guessed; a parameter that is
 * refused all the same is learnt from the refusal. Pure.
 */
import { NO_QUIRKS, type Quirks } from "../protocols/translate/quirks.ts";
import type { Protocol } from "../protocols/wire.ts";

interface Preset {
  /** Matches a host name, with its port if it has one. */
  host: RegExp;
  /** The formats that it speaks, in order of preference; left out: all that its kind of account speaks. */
  protocols?: readonly Protocol[];
  quirks: Partial<Quirks>;
  /** The same for single models, by the account's own name; the first match counts. */
  models?: readonly [name: RegExp, quirks: Partial<Quirks>][];
}

const CHAT_ALONE = ["chat"] as const;
/** Services whose Responses API is new or serves only some models. A client of that format gets them all the same. */
const CHAT_FIRST = ["chat", "responses"] as const;
/** The efforts that a service maps to those that it has. */
const ANY_WORD = ["minimal", "low", "medium", "high", "xhigh", "max"] as const;

const PRESETS: readonly Preset[] = [
  {
    host: /^api\.openai\.com$/,
    quirks: { files: true, verbosity: true, promptCacheKey: true, user: "safety_identifier" },
    models: [[/^(?:o\d|gpt-[5-9]|codex-)/, { instructions: "developer" }]],
  },
  {
    host: /^api\.deepseek\.com$/,
    // It has Responses for one of its models since July 2026.
    protocols: CHAT_ALONE,
    quirks: {
      thinkingControl: "thinking",
      efforts: ANY_WORD,
      reasoningHistory: "reasoning_content",
      reasoningRequired: true,
      toolChoice: "unless_thinking",
      answerFormats: "json_object",
    },
  },
  {
    host: /^(?:open\.bigmodel\.cn|api\.z\.ai)$/,
    protocols: CHAT_ALONE,
    quirks: {
      thinkingControl: "thinking",
      reasoningHistory: "reasoning_content",
      toolChoice: "auto",
      answerFormats: "json_object",
      toolStream: true,
      without: ["strict"],
    },
    models: [
      // It always thinks, and most when it is told not to.
      [/^glm-5\.[3-9]/i, { thinkingControl: "reasoning_effort", efforts: ["low", "high", "max"] }],
      [/^glm-5\.2/i, { efforts: ANY_WORD }],
    ],
  },
  {
    host: /^api\.(?:moonshot\.(?:ai|cn)|kimi\.com)$/,
    protocols: CHAT_ALONE,
    quirks: {
      maxTokens: "max_completion_tokens",
      thinkingControl: "thinking",
      reasoningHistory: "reasoning_content",
      toolChoice: "unless_thinking",
      // Each model has values of its own, one with thinking and one without, and refuses all others.
      without: ["temperature", "top_p", "strict"],
    },
    models: [
      [/^moonshot-v1/, { thinkingControl: null, reasoningHistory: null, toolChoice: "any", without: ["strict"] }],
      [/^kimi-k3/, { thinkingControl: "reasoning_effort", efforts: ["low", "high", "max"] }],
      [/^kimi-k2\.7|thinking/, { thinkingControl: null }],
    ],
  },
  {
    host: /^(?:[\w-]+\.)*(?:dashscope(?:-[\w]+)?|maas)\.aliyuncs\.com$/,
    protocols: CHAT_ALONE,
    quirks: { thinkingControl: "enable_thinking", toolChoice: "unless_thinking", topK: true },
  },
  {
    host: /^api\.minimaxi?\.(?:io|com|chat)$/,
    protocols: CHAT_ALONE,
    quirks: {
      maxTokens: "max_completion_tokens",
      thinkingControl: "thinking_off",
      // Without this member the thinking is in the text, between tags.
      extraBody: { reasoning_split: true },
      reasoningHistory: "reasoning_details",
      toolChoice: "auto",
      answerFormats: "none",
      without: ["parallel_tool_calls", "strict"],
    },
    models: [[/^minimax-m2/i, { thinkingControl: null }]],
  },
  {
    host: /^openrouter\.ai$/,
    protocols: CHAT_FIRST,
    quirks: {
      thinkingControl: "reasoning",
      reasoningHistory: "signed_details",
      cacheControl: true,
      files: true,
      topK: true,
      webSearch: true,
      user: "user",
    },
    // CLIProxyAPI#3587
    models: [[/deepseek/i, { reasoningHistory: "reasoning_content", reasoningRequired: true }]],
  },
  {
    host: /^api\.groq\.com$/,
    protocols: CHAT_FIRST,
    // It refuses members of a message that it does not know, including thinking.
    quirks: { maxTokens: "max_completion_tokens", thinkingControl: null, reasoningHistory: null },
    models: [
      [/gpt-oss/, { thinkingControl: "reasoning_effort", efforts: ["low", "medium", "high"] }],
      [/qwen/, { thinkingControl: "reasoning_effort", efforts: ["none"], extraBody: { reasoning_format: "parsed" } }],
    ],
  },
  {
    host: /^api\.cerebras\.ai$/,
    protocols: CHAT_ALONE,
    quirks: { maxTokens: "max_completion_tokens", reasoningHistory: null, endsSilently: true },
    models: [[/gpt-oss/, { efforts: ["low", "medium", "high"] }]],
  },
  {
    host: /^(?:api|codestral)\.mistral\.ai$/,
    protocols: CHAT_ALONE,
    quirks: {
      thinkingControl: null,
      shortCallIds: true,
      userAfterTool: false,
      imagesInToolResults: true,
      without: ["stream_options"],
    },
    models: [
      [/^magistral/, { reasoningHistory: "parts" }],
      [
        /^mistral-(?:small|medium)-(?:latest|2[6-9])/,
        { thinkingControl: "reasoning_effort", efforts: ["none", "high"], reasoningHistory: "parts" },
      ],
    ],
  },
  {
    host: /^(?:ollama\.com|.*:11434)$/,
    protocols: CHAT_FIRST,
    quirks: {
      imageUrls: false,
      efforts: ["none", "low", "medium", "high"],
      reasoningHistory: "reasoning",
      toolChoice: "auto",
    },
  },
  // LM Studio.
  {
    host: /:1234$/,
    protocols: CHAT_FIRST,
    quirks: { efforts: ["none", "low", "medium", "high"], toolChoice: "required", answerFormats: "json_schema" },
  },
];

/** Models that behave alike whoever runs them, unless their host has a preset of its own. */
const ANYWHERE: Preset["models"] = [
  [/deepseek-(?:v[4-9]|reasoner)/i, { reasoningHistory: "reasoning_content", reasoningRequired: true }],
];

function presetOf(baseUrl: string): Preset | null {
  if (!URL.canParse(baseUrl)) return null;
  const { host } = new URL(baseUrl);
  return PRESETS.find((preset) => preset.host.test(host)) ?? null;
}

/** The formats that the service at `baseUrl` is known to speak, of those that its kind of account speaks; the preferred one first. */
export function spokenAt(baseUrl: string, all: readonly Protocol[]): readonly Protocol[] {
  const spoken = presetOf(baseUrl)?.protocols?.filter((protocol) => all.includes(protocol)) ?? [];
  return spoken.length > 0 ? spoken : all;
}

/** What an account's operator has set for it, and what its upstream has refused. */
export interface KnownQuirks {
  baseUrl: string;
  /** What the operator has set, which counts before all presets. */
  quirks: Partial<Quirks>;
  /** Per model, what its upstream has refused (lines of protocols/translate/gaps.ts). */
  gaps: ReadonlyMap<string, readonly string[]>;
}

/** The quirks of the account for its own `model`. */
export function quirksOf({ baseUrl, quirks, gaps }: KnownQuirks, model: string): Quirks {
  const preset = presetOf(baseUrl);
  const models = preset ? preset.models : ANYWHERE;
  const ofModel = models?.find(([name]) => name.test(model))?.[1];
  const known = { ...NO_QUIRKS, ...preset?.quirks, ...ofModel, ...quirks };
  const learnt = gaps.get(model);
  return learnt ? { ...known, without: [...known.without, ...learnt] } : known;
}
