/** Pictures, documents and sound as the formats of OpenAI have them: one URL, which may hold the bytes themselves. */
import type { MediaSource } from "./hub.ts";

/** No media type is nearly as long; behind it come megabytes that are not searched. */
const LONGEST_HEAD = 200;

/** What a URL leads to, or holds in base64; null for what is neither. */
export function sourceOf(url: string): MediaSource | null {
  const head = url.slice(0, LONGEST_HEAD);
  if (/^https?:\/\/./i.test(head)) return { type: "url", url };
  const comma = head.indexOf(",");
  if (comma < 0 || !/^data:/i.test(head)) return null;
  const [type = "", ...parameters] = head.slice("data:".length, comma).toLowerCase().split(";");
  if (parameters.at(-1)?.trim() !== "base64" || url.length === comma + 1) return null;
  return { type: "base64", media_type: mediaTypeOf(type), data: url.slice(comma + 1) };
}

/** A source as one URL. */
export function urlOf(source: MediaSource): string {
  return source.type === "url" ? source.url : `data:${source.media_type};base64,${source.data}`;
}

/** The pictures that all four formats take. */
const PICTURES = ["image/jpeg", "image/png", "image/gif", "image/webp"];

/** Whether it may be a picture that every model reads. Of one that a URL leads to, only its provider will know. */
export function isPicture(source: MediaSource): boolean {
  return source.type === "url" || PICTURES.includes(source.media_type);
}

/** The type by its proper name. */
function mediaTypeOf(type: string): string {
  const named = type.trim();
  return named === "image/jpg" ? "image/jpeg" : named;
}
