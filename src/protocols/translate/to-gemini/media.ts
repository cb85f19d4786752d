/** Images, documents and sound as parts of a content. */
import type { Refusal } from "../../../refusal.ts";
import type { Result } from "../../../vocabulary.ts";
import { STORAGE_UNSERVED } from "../../gemini/peek.ts";
import type { HubAudio, HubDocument, HubImage, MediaSource } from "../hub.ts";
import type { Part } from "./wire.ts";
import type { Writing } from "./writing.ts";

export type Media = HubImage | HubDocument | HubAudio;

/** `at`: the place of the block in the request, for a refusal. */
export function mediaPart(media: Media, at: string, writing: Writing): Result<Part, Refusal> {
  const { source } = media;
  switch (source.type) {
    case "base64":
      return { ok: true, value: { inlineData: { mimeType: source.media_type, data: source.data } } };
    case "text":
      return { ok: true, value: { text: titled(media, source.data) } };
    case "url":
      return urlPart(source, at, writing);
  }
}

function titled(media: Media, text: string): string {
  return media.type === "document" && media.title ? `${media.title}\n\n${text}` : text;
}

/** Files that the Gemini API stores itself. All of its services accept their addresses. */
const GOOGLES_OWN = /^https:\/\/generativelanguage\.googleapis\.com\//;

function urlPart({ url }: MediaSource & { type: "url" }, at: string, writing: Writing): Result<Part, Refusal> {
  if (/^\s*gs:/i.test(url))
    return { ok: false, refusal: { reason: "member_refused", member: at, detail: STORAGE_UNSERVED } };
  const fetched = writing.upstream.official && writing.facts.fetchesUrls && url.startsWith("https://");
  if (!fetched && !GOOGLES_OWN.test(url)) {
    const detail = "the model that serves this does not fetch URLs; send the data itself, as base64";
    return { ok: false, refusal: { reason: "member_refused", member: at, detail } };
  }
  const mimeType = typeOf(url);
  return { ok: true, value: { fileData: { ...(mimeType && { mimeType }), fileUri: url } } };
}

const TYPES: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  webp: "image/webp",
  gif: "image/gif",
  heic: "image/heic",
  heif: "image/heif",
  pdf: "application/pdf",
  txt: "text/plain",
  mp3: "audio/mp3",
  wav: "audio/wav",
};

/** The media type according to the end of the path; null if that does not tell. */
function typeOf(url: string): string | null {
  const path = url.split(/[?#]/, 1)[0] ?? "";
  const ending = path.slice(path.lastIndexOf(".") + 1).toLowerCase();
  return Object.hasOwn(TYPES, ending) ? (TYPES[ending] ?? null) : null;
}
