/**
 * Estimates the input side of a Messages request's usage, with prompt caching as Anthropic bills it, but from the request alone: what an
 * earlier turn must have sent counts as read from the cache, the rest as written to it. It keeps no cache, so a repeated first turn is
 * "written" each time.
 */
import { tokensOf } from "./conversation.ts";

export interface InputTokens {
  uncached: number;
  cacheWrite5m: number;
  cacheWrite1h: number;
  cacheRead: number;
}

interface Part {
  tokens: number;
  /** Whether an earlier request of the same conversation already carried this part. */
  sentBefore: boolean;
  cacheFor: "5m" | "1h" | null;
}

/** Anthropic's smallest cacheable prefix on most models. */
const SMALLEST_CACHED = 1024;
/** A message's role and delimiters cost a few tokens of their own. */
const PER_MESSAGE = 4;
/** The beginning of the answer comes after every mark, so even a fully cached request has some uncached input. */
const ANSWER_CUE = 3;
/** An image of 1000 × 1500, whatever the length of its base64. */
const PER_PICTURE = 1500;

export function inputTokensOf(body: Record<string, unknown>): InputTokens {
  const parts = partsOf(body);
  const lastMark = parts.findLastIndex((part) => part.cacheFor !== null);
  const cached = parts.slice(0, lastMark + 1);
  const total = sum(parts) + ANSWER_CUE;
  const prefix = sum(cached);
  if (prefix < SMALLEST_CACHED) return { uncached: total, cacheWrite5m: 0, cacheWrite1h: 0, cacheRead: 0 };

  const cacheRead = sum(cached.filter((part) => part.sentBefore));
  const forAnHour = cached[lastMark]?.cacheFor === "1h";
  const written = prefix - cacheRead;
  return {
    uncached: total - prefix,
    cacheWrite5m: forAnHour ? 0 : written,
    cacheWrite1h: forAnHour ? written : 0,
    cacheRead,
  };
}

/** The request in the order in which prefixes are cached: tools, system, messages. */
function partsOf(body: Record<string, unknown>): Part[] {
  const messages = listOf(body.messages);
  const lastAnswer = messages.findLastIndex((message) => message.role === "assistant");
  const head = [...listOf(body.tools), ...blocksOf(body.system)].map((block) => partOf(block, lastAnswer >= 0));
  const tail = messages.flatMap((message, at) => [
    { tokens: PER_MESSAGE, sentBefore: at < lastAnswer, cacheFor: null },
    ...blocksOf(message.content).map((block) => partOf(block, at < lastAnswer)),
  ]);
  return [...head, ...tail];
}

function partOf(block: Record<string, unknown>, sentBefore: boolean): Part {
  const { cache_control: mark, ...rest } = block;
  const picture = block.type === "image" || block.type === "document";
  const text = block.type === "text" && typeof block.text === "string" ? block.text : JSON.stringify(rest);
  const hour = typeof mark === "object" && mark !== null && "ttl" in mark && mark.ttl === "1h";
  return { tokens: picture ? PER_PICTURE : tokensOf(text), sentBefore, cacheFor: mark ? (hour ? "1h" : "5m") : null };
}

function blocksOf(content: unknown): Record<string, unknown>[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : listOf(content);
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "object" && item !== null) : [];
}

function sum(parts: Part[]): number {
  return parts.reduce((total, part) => total + part.tokens, 0);
}
