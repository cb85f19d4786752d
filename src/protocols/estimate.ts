/**
 * The relay's own answer to `count_tokens`, `input_tokens` and `countTokens`, for an upstream that has none. It is an estimate by
 * which a client can tell a full context from an empty one. It is no tokenizer, and nothing is billed by it.
 *
 * One walk serves all four wire formats: every string of the prompt counts, and so does the name of every member, which stands
 * for the tokens of framing and JSON. Images, files and sound count by their kind.
 */
import { array, object } from "../ground/json.ts";
import { CHARACTERS_PER_TOKEN } from "./meter.ts";

/** The members of a request that the model reads, in all formats. */
const PROMPT_MEMBERS = [
  ...["system", "messages", "tools", "output_config"],
  ...["functions", "response_format", "prompt"],
  ...["instructions", "input", "text"],
  ...["systemInstruction", "system_instruction", "contents", "content"],
];

/** Chinese, Japanese and Korean take one to two characters a token. So do emoji, whose two halves are counted each. */
const WIDE_CHARACTERS_PER_TOKEN = 1.5;
const FIRST_WIDE_CHARACTER = 0x2e80;
/** Sealed reasoning is billed as the text that it holds: base64 of it, at four bytes a token. */
const SEALED_CHARACTERS_PER_TOKEN = 6;
/** The size that Anthropic documents for the system prompt that tools add. */
const ANTHROPIC_TOOL_USE_TOKENS = 346;

/** Anthropic's formula is width × height / 750. Larger images are first scaled down to this many tokens. */
const ANTHROPIC_IMAGE_TOKENS = 1_600;
/** OpenAI: 85, and 170 for each of four tiles; 85 at low detail. */
const OPENAI_IMAGE_TOKENS = 765;
const OPENAI_LOW_DETAIL_TOKENS = 85;
/** Gemini 3 at its default resolution; earlier models take 258 for a small image. */
const GEMINI_IMAGE_TOKENS = 1_120;
/** Anthropic documents 1,500 to 3,000 tokens a page. The bytes are those of an ordinary page with some pictures. */
const PDF_PAGE_TOKENS = 2_000;
const PDF_PAGE_BYTES = 50_000;
/** Gemini counts 32 tokens a second of sound and 263 of video, which are about 16 kB and 130 kB. */
const MEDIA_BYTES_PER_TOKEN = 500;

/** Members whose strings are no text for the model: names of things, and proofs. */
const NO_PROMPT = new Set([
  ...["id", "tool_use_id", "tool_call_id", "call_id", "item_id", "file_id"],
  ...["signature", "thoughtSignature", "thought_signature"],
]);

/** Estimated input tokens of a request's parsed body, in any of the formats; 0 for anything else. */
export function estimateTokens(body: unknown): number {
  const request = object(body) ?? {};
  // Gemini may wrap the request that is to be counted, and Code Assist always wraps it.
  const wrapped = object(request.request) ?? request;
  const asked = object(wrapped.generateContentRequest) ?? wrapped;
  const schemas = array(asked.tools).some((tool) => object(tool)?.input_schema);
  let tokens = schemas ? ANTHROPIC_TOOL_USE_TOKENS : 0;
  // A loop instead of recursion, because a body may nest to any depth.
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

/** The tokens of a block that is an image, a file or sound; null if it is none of them, or holds only text. */
function mediaTokens(block: Record<string, unknown>): number | null {
  switch (block.type) {
    // Only with a source, because the argument of a tool may have this type too.
    case "image":
      return object(block.source) ? ANTHROPIC_IMAGE_TOKENS : null;
    case "image_url":
      return openaiImage(object(block.image_url)?.detail);
    case "input_image":
    case "computer_screenshot":
      return openaiImage(block.detail);
    case "image_generation_call":
      return OPENAI_IMAGE_TOKENS;
    // Content given by reference counts as one page of a document, since its size is unknown.
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

/** The tokens of a string that holds a file itself, such as `data:application/pdf;base64,…`; null for text. */
function inlineTokens(text: string): number | null {
  if (!text.startsWith("data:")) return null;
  const [prefix, type] = text.slice(0, 120).match(/^data:([\w.+/-]+)(?:;[\w=.-]+)*;base64,/) ?? [];
  if (!prefix || !type) return null;
  return type.startsWith("image/") ? OPENAI_IMAGE_TOKENS : sizedTokens(type, text.length - prefix.length);
}

/** The dearest of an image's token counts. */
export const IMAGE_TOKENS_AT_MOST = Math.max(ANTHROPIC_IMAGE_TOKENS, OPENAI_IMAGE_TOKENS, GEMINI_IMAGE_TOKENS);

/** Estimated tokens of `characters` of base64 of a media type. An image counts as with the provider that counts most for one. */
export function mediaTokensOf(type: string, characters: number): number {
  return type.startsWith("image/") ? IMAGE_TOKENS_AT_MOST : sizedTokens(type, characters);
}

/** The tokens of a medium by the length of its base64; 0 characters stand for a file that lies elsewhere. */
function sizedTokens(type: string, characters: number): number {
  if (type.startsWith("image/")) return GEMINI_IMAGE_TOKENS;
  const bytes = (characters * 3) / 4;
  if (type.startsWith("audio/") || type.startsWith("video/")) return Math.ceil(bytes / MEDIA_BYTES_PER_TOKEN);
  return Math.max(1, Math.ceil(bytes / PDF_PAGE_BYTES)) * PDF_PAGE_TOKENS;
}
