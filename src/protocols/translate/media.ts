/** Images, documents and sound in OpenAI's formats: one URL, which may hold the bytes themselves. */
import type { MediaSource } from "./hub.ts";

/** Longer than any media type. The megabytes that follow it are not searched. */
const LONGEST_HEAD = 200;

/** The file that a URL points to, or holds in base64; null for anything else. */
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

/** The image types that all four formats accept. */
const PICTURES = ["image/jpeg", "image/png", "image/gif", "image/webp"];

/** Whether every model may be able to read this image. The type of one behind a URL is known only to its provider. */
export function isPicture(source: MediaSource): boolean {
  return source.type === "url" || PICTURES.includes(source.media_type);
}

/** The media type under its proper name. */
function mediaTypeOf(type: string): string {
  const named = type.trim();
  return named === "image/jpg" ? "image/jpeg" : named;
}
