/**
 * The local answer to `count_tokens`, `input_tokens` and `countTokens`, for an upstream that has none: an estimate by
 * which a client can tell a full context from an empty one. It is no tokenizer, and nothing is billed by it.
 *
 * One walk serves all four wire formats: every string of the prompt counts, and the name of every member, which is
 * what framing and JSON cost in tokens. What is not text (images, files, sound) counts by what it is.
 */
import { array, object } from "../ground/json.ts";
import { CHARACTERS_PER_TOKEN } from "./meter.ts";

/** The members of a request that a model gets to read, in all formats. */
const PROMPT_MEMBERS = [
  ...["system", "messages", "tools", "output_config"],
  ...["functions", "response_format", "prompt"],
  ...["instructions", "input", "text"],
  ...["systemInstruction", "system_instruction", "contents", "content"],
];

/** Chinese, Japanese and Korean run at one to two characters a token; so do emoji, whose halves count here. */
const WIDE_CHARACTERS_PER_TOKEN = 1.5;
const FIRST_WIDE_CHARACTER = 0x2e80;
/** Sealed reasoning is billed as what it holds: base64 of it, at four bytes a token. */
const SEALED_CHARACTERS_PER_TOKEN = 6;
/** What Anthropic documents for the system prompt that tools bring with them. */
const ANTHROPIC_TOOL_USE_TOKENS = 346;

/** Anthropic: width × height / 750, after scaling down to at most this. */
const ANTHROPIC_IMAGE_TOKENS = 1_600;
/** OpenAI: 85 and 170 for each of four tiles; 85 at low detail. */
const OPENAI_IMAGE_TOKENS = 765;
const OPENAI_LOW_DETAIL_TOKENS = 85;
/** Gemini 3 at its default resolution; earlier models take 258 for a small image. */
const GEMINI_IMAGE_TOKENS = 1_120;
/** Anthropic documents 1,500 to 3,000 for a page; its bytes are those of an ordinary page with some pictures. */
const PDF_PAGE_TOKENS = 2_000;
const PDF_PAGE_BYTES = 50_000;
/** Gemini: 32 a second of sound and 263 of video, which are some 16 kB and 130 kB. */
const MEDIA_BYTES_PER_TOKEN = 500;

/** Members that carry no text for the model where they are strings: names of things, proofs. */
const NO_PROMPT = new Set([
  ...["id", "tool_use_id", "tool_call_id", "call_id", "item_id", "file_id"],
  ...["signature", "thoughtSignature", "thought_signature"],
]);

/** Estimated input tokens of a request's parsed body, in whichever of the formats. Anything else is 0. */
export function estimateTokens(body: unknown): number {
  const request = object(body) ?? {};
  // Gemini may wrap what it is asked to count, and Code Assist wraps everything.
  const wrapped = object(request.request) ?? request;
  const asked = object(wrapped.generateContentRequest) ?? wrapped;
  const schemas = array(asked.tools).some((tool) => object(tool)?.input_schema);
  let tokens = schemas ? ANTHROPIC_TOOL_USE_TOKENS : 0;
  // Not recursive: a body may nest as it likes.
  const pending: unknown[] = PROMPT_MEMBERS.map((name) => asked[name]);
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value === "string") {
      tokens += inlineTokens(value) ?? textTokens(value);
    } else if (typeof value === "number" || typeof value === "boolean") {
      tokens += 1;
    } else if (Array.isArray(value)) {
      for (const element of value) pending.push(element);
    } else {
      const members = object(value);
      if (!members) continue;
      const media = mediaTokens(members);
      if (media !== null) {
        tokens += media;
        continue;
      }
      for (const [name, member] of Object.entries(members)) {
        const sealed = name === "encrypted_content" && typeof member === "string";
        if (sealed) tokens += member.length / SEALED_CHARACTERS_PER_TOKEN;
        if (sealed || name === "cache_control" || (NO_PROMPT.has(name) && typeof member === "string")) continue;
        tokens += textTokens(name);
        pending.push(member);
      }
    }
  }
  return Math.ceil(tokens);
}

function textTokens(text: string): number {
  let wide = 0;
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) >= FIRST_WIDE_CHARACTER) wide++;
  return (text.length - wide) / CHARACTERS_PER_TOKEN + wide / WIDE_CHARACTERS_PER_TOKEN;
}

/** A block that is an image, a file or sound; null where it is none, or holds only text. */
function mediaTokens(block: Record<string, unknown>): number | null {
  switch (block.type) {
    // Only with a source: the argument of a tool may have that type too.
    case "image":
      return object(block.source) ? ANTHROPIC_IMAGE_TOKENS : null;
    case "image_url":
      return openaiImage(object(block.image_url)?.detail);
    case "input_image":
    case "computer_screenshot":
      return openaiImage(block.detail);
    case "image_generation_call":
      return OPENAI_IMAGE_TOKENS;
    // By reference: one page of a document that nobody here has seen.
    case "url":
    case "file":
    case "input_file":
      return typeof (object(block.file) ?? block).file_data === "string" ? null : referenceTokens(block);
  }
  const type = block.mimeType ?? block.mime_type ?? block.media_type;
  if (typeof block.format === "string" && typeof block.data === "string")
    return sizedTokens("audio/", block.data.length);
  if (typeof type !== "string" || type.startsWith("text/")) return null;
  return sizedTokens(type, typeof block.data === "string" ? block.data.length : 0);
}

function openaiImage(detail: unknown): number {
  return detail === "low" ? OPENAI_LOW_DETAIL_TOKENS : OPENAI_IMAGE_TOKENS;
}

function referenceTokens(block: Record<string, unknown>): number | null {
  const refers = [block.url, block.file_id, block.file_url, object(block.file)?.file_id];
  return refers.some((reference) => typeof reference === "string") ? PDF_PAGE_TOKENS : null;
}

/** A string that is a file itself, as `data:application/pdf;base64,…`; null for text. */
function inlineTokens(text: string): number | null {
  if (!text.startsWith("data:")) return null;
  const [prefix, type] = text.slice(0, 120).match(/^data:([\w.+/-]+)(?:;[\w=.-]+)*;base64,/) ?? [];
  if (!prefix || !type) return null;
  return type.startsWith("image/") ? OPENAI_IMAGE_TOKENS : sizedTokens(type, text.length - prefix.length);
}

/** The dearest of an image's token counts. */
export const IMAGE_TOKENS_AT_MOST = Math.max(ANTHROPIC_IMAGE_TOKENS, OPENAI_IMAGE_TOKENS, GEMINI_IMAGE_TOKENS);

/** Estimated tokens of `characters` of base64 of a media type; an image as whoever takes most for one. */
export function mediaTokensOf(type: string, characters: number): number {
  return type.startsWith("image/") ? IMAGE_TOKENS_AT_MOST : sizedTokens(type, characters);
}

/** `characters` of base64; 0 where the file lies elsewhere. */
function sizedTokens(type: string, characters: number): number {
  if (type.startsWith("image/")) return GEMINI_IMAGE_TOKENS;
  const bytes = (characters * 3) / 4;
  if (type.startsWith("audio/") || type.startsWith("video/")) return Math.ceil(bytes / MEDIA_BYTES_PER_TOKEN);
  return Math.max(1, Math.ceil(bytes / PDF_PAGE_BYTES)) * PDF_PAGE_TOKENS;
}
