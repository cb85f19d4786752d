/**
 * Estimates the input side of an OpenAI or Gemini request's usage. Both cache prompts by themselves, so what an earlier turn must have sent
 * counts as read from the cache. It keeps no cache and is no tokenizer: it only has to be plausible and stable.
 */
import { tokensOf } from "./conversation.ts";
import { type Fields, fieldsOf } from "./fields.ts";

/** One message or item of the conversation. */
export interface Said {
  content: unknown;
  /** Whether the model said it. */
  byModel: boolean;
}

export interface PromptTokens {
  /** Including cached tokens. */
  total: number;
  cached: number;
}

/** OpenAI's smallest cached prefix, and the step in which it grows. Gemini's has the same size. */
const SMALLEST_CACHED = 1024;
const CACHED_STEP = 128;
/** A message's role and delimiters cost a few tokens of their own. */
const PER_MESSAGE = 4;
/** An image, a recording or a file, whatever the length of its base64. */
const PER_ATTACHMENT = 765;
const ATTACHMENTS = /^(image_url|input_image|input_audio|input_file|file)$/;

/** `head` is what every request of the conversation repeats: instructions and tools. */
export function promptTokens(head: unknown[], said: Said[]): PromptTokens {
  const lastAnswer = said.findLastIndex(({ byModel }) => byModel);
  // The answer may be several items, none of which was in the request that it answered.
  const sentBefore = said.slice(0, lastAnswer + 1).findLastIndex(({ byModel }) => !byModel) + 1;
  const fixed = sum(head.filter((part) => part !== undefined));
  const messages = said.map(({ content }) => PER_MESSAGE + costOf(content));
  const prefix = lastAnswer < 0 ? 0 : fixed + add(messages.slice(0, sentBefore));
  const cached = prefix < SMALLEST_CACHED ? 0 : prefix - (prefix % CACHED_STEP);
  return { total: fixed + add(messages), cached };
}

function costOf(value: unknown): number {
  if (typeof value === "string") return tokensOf(value);
  if (Array.isArray(value)) return sum(value);
  const fields: Fields = fieldsOf(value);
  if (fields.inlineData || fields.fileData || ATTACHMENTS.test(String(fields.type))) return PER_ATTACHMENT;
  if (typeof fields.text === "string") return tokensOf(fields.text);
  if ("content" in fields && "role" in fields) return costOf(fields.content) + costOf(fields.tool_calls ?? []);
  return tokensOf(JSON.stringify(value) ?? "");
}

function sum(values: unknown[]): number {
  return add(values.map(costOf));
}

function add(numbers: number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
