/** Parts of a message's content: texts, images, documents, sound. */
import type { Refusal } from "../../../refusal.ts";
import type { Result } from "../../../vocabulary.ts";
import type { HubAudio, HubBlock, HubDocument, HubImage, HubText, Json } from "../hub.ts";
import { urlOf } from "../media.ts";
import type { Quirks } from "../quirks.ts";

export type Media = HubText | HubImage | HubDocument | HubAudio;

export function isMedia(block: HubBlock): block is Media {
  return block.type === "text" || block.type === "image" || block.type === "document" || block.type === "audio";
}

/** The text of a block: of a text, or of a document that is text. Null for the others. */
export function textOf(block: Media): string | null {
  if (block.type === "text") return block.text;
  if (block.type !== "document") return null;
  const { source, title } = block;
  const heading = title === undefined ? "" : `${title}\n\n`;
  if (source.type === "text") return heading + source.data;
  const isText = source.type === "base64" && source.media_type.startsWith("text/");
  return isText ? heading + Buffer.from(source.data, "base64").toString() : null;
}

export function partOf(block: Media, quirks: Quirks): Result<Json, Refusal> {
  const text = textOf(block);
  const marked = block.type !== "audio" && quirks.cacheControl && block.cache_control;
  const mark = marked ? { cache_control: marked } : {};
  if (text !== null) return { ok: true, value: { type: "text", text, ...mark } };
  if (block.type === "image") return imagePart(block, quirks, mark);
  if (block.type === "document") return filePart(block, quirks, mark);
  return block.type === "audio" ? audioPart(block) : refused("a part of an unknown kind");
}

function imagePart({ source }: HubImage, { imageUrls }: Quirks, mark: Json): Result<Json, Refusal> {
  if (source.type === "url" && !imageUrls) return refused("a picture that is named by a URL");
  return { ok: true, value: { type: "image_url", image_url: { url: urlOf(source) }, ...mark } };
}

function filePart({ source, title }: HubDocument, { files }: Quirks, mark: Json): Result<Json, Refusal> {
  if (!files) return refused("a document that is not text");
  if (source.type !== "base64") return refused("a document that is named by a URL");
  const file = { filename: title ?? "document.pdf", file_data: urlOf(source) };
  return { ok: true, value: { type: "file", file, ...mark } };
}

const SOUNDS: Readonly<Record<string, string>> = {
  "audio/wav": "wav",
  "audio/x-wav": "wav",
  "audio/wave": "wav",
  "audio/mp3": "mp3",
  "audio/mpeg": "mp3",
};

function audioPart({ source }: HubAudio): Result<Json, Refusal> {
  if (source.type !== "base64") return refused("sound that is named by a URL");
  const format = Object.hasOwn(SOUNDS, source.media_type) ? SOUNDS[source.media_type] : undefined;
  if (format === undefined) return refused(`sound of the type ${source.media_type.slice(0, 50)}`);
  return { ok: true, value: { type: "input_audio", input_audio: { data: source.data, format } } };
}

function refused(what: string): Result<Json, Refusal> {
  return {
    ok: false,
    refusal: {
      reason: "member_refused",
      member: "messages",
      detail: `the service that has the model takes no ${what.replace(/^an? /, "")}`,
    },
  };
}
