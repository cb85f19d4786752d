/** The content of messages and of outputs in hub terms: texts, images, documents, sound. */
import { isObject, object, text } from "../../../ground/json.ts";
import type { Findings } from "../findings.ts";
import type { CacheControl, HubAudio, HubDocument, HubImage, HubText, Json, MediaSource } from "../hub.ts";
import { sourceOf } from "../media.ts";

export type Content = HubText | HubImage | HubDocument | HubAudio;

/** A text, or a list of parts. `at`: its place in the request, such as `input.3.content`. */
export function contentIn(content: unknown, at: string, findings: Findings): Content[] {
  if (typeof content === "string") return textOf(content);
  if (!Array.isArray(content)) {
    findings.refuse(at, "it is neither a text nor a list of parts");
    return [];
  }
  return content.flatMap((part, index) => partIn(part, `${at}.${index}`, findings));
}

/** A text as blocks. An empty text becomes none, because no API accepts an empty block. */
export function textOf(words: string): HubText[] {
  return words === "" ? [] : [{ type: "text", text: words }];
}

type ReadPart = (part: Json, at: string, findings: Findings) => Content[];

const PARTS: ReadonlyMap<unknown, ReadPart> = new Map<unknown, ReadPart>([
  ...["input_text", "output_text", "text", "summary_text", "reasoning_text"].map((type): [string, ReadPart] => [
    type,
    readText("text"),
  ]),
  ["refusal", readText("refusal")],
  ["input_image", readImage],
  ["input_file", readFile],
  ["input_audio", readAudio],
]);

function partIn(part: unknown, at: string, findings: Findings): Content[] {
  const read = isObject(part) ? PARTS.get(part.type) : undefined;
  if (read && isObject(part)) return read(part, at, findings);
  return refused(at, "it is no part of a type that can be carried over", findings);
}

function refused(at: string, detail: string, findings: Findings): [] {
  findings.refuse(at, detail);
  return [];
}

function readText(member: "text" | "refusal"): ReadPart {
  return (part, at, findings) => {
    const words = part[member];
    if (typeof words !== "string") return refused(`${at}.${member}`, "it is no text", findings);
    return textOf(words).map((block) => ({ ...block, ...cacheOf(part) }));
  };
}

/** A breakpoint of the prompt cache, as members to spread. */
function cacheOf({ prompt_cache_breakpoint: breakpoint }: Json): { cache_control?: CacheControl } {
  if (!isObject(breakpoint)) return {};
  // Without a stated lifetime OpenAI keeps the prompt for at least 30 minutes.
  return { cache_control: { type: "ephemeral", ...(breakpoint.ttl === "12h" && { ttl: "1h" as const }) } };
}

const ELSEWHERE = "a file lies at OpenAI, and the accounts that serve this model are elsewhere";

function readImage(part: Json, at: string, findings: Findings): Content[] {
  const url = text(part.image_url);
  if (url === null) return refused(at, text(part.file_id) === null ? "it has no image_url" : ELSEWHERE, findings);
  const source = sourceOf(url);
  if (!source) return refused(`${at}.image_url`, NO_SOURCE, findings);
  return [{ type: "image", source, ...cacheOf(part) }];
}

const NO_SOURCE = "it is neither a data URL of base64 nor an address on the web";

function readFile(part: Json, at: string, findings: Findings): Content[] {
  const data = text(part.file_data);
  const url = text(part.file_url);
  const title = text(part.filename);
  if (data === null && url === null) {
    return refused(at, text(part.file_id) === null ? "it has neither file_data nor file_url" : ELSEWHERE, findings);
  }
  const source = data === null ? sourceOf(url ?? "") : fileSource(data, title);
  if (!source) return refused(data === null ? `${at}.file_url` : `${at}.file_data`, NO_SOURCE, findings);
  return [{ type: "document", source: readable(source), ...(title !== null && { title }), ...cacheOf(part) }];
}

/** The base64 may come without the head of a data: URL. Then the name of the file tells its type. */
function fileSource(data: string, name: string | null): MediaSource | null {
  if (data.startsWith("data:")) return sourceOf(data);
  const media_type = /\.(?:txt|md|csv|json|html?)$/i.test(name ?? "") ? "text/plain" : "application/pdf";
  return { type: "base64", media_type, data };
}

/** A document that is text becomes text: every model reads that, and few accept it as a file. */
function readable(source: MediaSource): HubDocument["source"] {
  if (source.type !== "base64" || !/^(?:text\/|application\/json\b)/.test(source.media_type)) return source;
  return { type: "text", media_type: "text/plain", data: Buffer.from(source.data, "base64").toString() };
}

function readAudio(part: Json, at: string, findings: Findings): Content[] {
  const { data, format } = object(part.input_audio) ?? {};
  if (typeof data !== "string" || typeof format !== "string") {
    return refused(`${at}.input_audio`, "it needs data and a format", findings);
  }
  return [{ type: "audio", source: { type: "base64", media_type: `audio/${format}`, data } }];
}
