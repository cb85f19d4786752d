/** The parts of a message in Chat Completions as blocks of the hub. */
import { object, text } from "../../../ground/json.ts";
import type { Findings } from "../findings.ts";
import type { CacheControl, HubAudio, HubBlock, HubDocument, HubImage, HubText, Json } from "../hub.ts";
import { isPicture, sourceOf } from "../media.ts";

/** Text and media of a message's `content`. `at` is its place in the request. */
export function partsOf(
  content: unknown,
  at: string,
  findings: Findings,
): (HubText | HubImage | HubDocument | HubAudio)[] {
  return blocksOf(content, at, findings, PARTS);
}

/** The same for a message that may have only text. */
export function textsOf(content: unknown, at: string, findings: Findings): HubText[] {
  return blocksOf(content, at, findings, TEXTS);
}

/** The same for a tool's message. The API allows only text there, but some services take images, and their clients send them. */
export function resultOf(content: unknown, at: string, findings: Findings): (HubText | HubImage | HubDocument)[] {
  return blocksOf(content, at, findings, RESULTS);
}

type PartReader<Block> = (part: Json, at: string, findings: Findings) => Block | null;

const textPart: PartReader<HubText> = (part, at, findings) => {
  const said = part.type === "refusal" ? part.refusal : part.text;
  if (typeof said !== "string")
    findings.refuse(`${at}.${part.type === "refusal" ? "refusal" : "text"}`, "must be a text");
  return typeof said === "string" ? textBlock(said, part) : null;
};

const imagePart: PartReader<HubImage> = (part, at, findings) => {
  const url = text(part.image_url) ?? text(object(part.image_url)?.url);
  const source = url === null ? null : sourceOf(url);
  if (source && isPicture(source)) return { type: "image", source, ...cacheOf(part) };
  findings.refuse(`${at}.image_url`, "must be a URL, or a JPEG, PNG, GIF or WebP as a data: URL in base64");
  return null;
};

/** Chat's names for the sound formats that it accepts. */
const SOUNDS = new Map<unknown, string>([
  ["wav", "audio/wav"],
  ["mp3", "audio/mpeg"],
]);

const audioPart: PartReader<HubAudio> = (part, at, findings) => {
  const sound = object(part.input_audio);
  const [data, media_type] = [text(sound?.data), SOUNDS.get(sound?.format)];
  if (data && media_type) return { type: "audio", source: { type: "base64", media_type, data } };
  findings.refuse(`${at}.input_audio`, "must have `data` in base64 and the `format` wav or mp3");
  return null;
};

const filePart: PartReader<HubDocument | HubImage> = (part, at, findings) => {
  const file = object(part.file) ?? {};
  const data = text(file.file_data);
  if (data === null) {
    const lies = "a file that lies with one provider cannot be read by another; send it as `file_data`";
    findings.refuse(
      `${at}.file.${text(file.file_id) ? "file_id" : "file_data"}`,
      text(file.file_id) ? lies : "required",
    );
    return null;
  }
  const title = text(file.filename);
  const block = documentOf(data, title);
  if (block) return { ...block, ...cacheOf(part) };
  findings.refuse(`${at}.file.file_data`, "must be a PDF, a text or a picture, as a data: URL in base64");
  return null;
};

/** Some clients send the bytes without the head of a data: URL. Then the name of the file tells the type. */
function documentOf(data: string, title: string | null): HubDocument | HubImage | null {
  const isNamedPdf = /\.pdf$/i.test(title?.slice(-4) ?? "");
  const source = sourceOf(isNamedPdf && !/^(?:data|https?):/i.test(data.slice(0, 6)) ? `${PDF_HEAD}${data}` : data);
  if (!source) return null;
  const named = title === null ? {} : { title };
  if (source.type === "url" || source.media_type === "application/pdf") return { type: "document", source, ...named };
  if (isPicture(source)) return { type: "image", source };
  if (!source.media_type.startsWith("text/")) return null;
  const words = Buffer.from(source.data, "base64").toString();
  return { type: "document", source: { type: "text", media_type: "text/plain", data: words }, ...named };
}

const PDF_HEAD = "data:application/pdf;base64,";

const TEXTS = new Map<unknown, PartReader<HubText>>([
  ["text", textPart],
  ["refusal", textPart],
]);
const RESULTS = new Map<unknown, PartReader<HubText | HubImage | HubDocument>>([
  ...TEXTS,
  ["image_url", imagePart],
  ["file", filePart],
]);
const PARTS = new Map<unknown, PartReader<HubText | HubImage | HubDocument | HubAudio>>([
  ...RESULTS,
  ["input_audio", audioPart],
]);

function blocksOf<Block extends HubBlock>(
  content: unknown,
  at: string,
  findings: Findings,
  readers: ReadonlyMap<unknown, PartReader<Block | HubText>>,
): (Block | HubText)[] {
  if (content === undefined || content === null) return [];
  if (typeof content === "string") return saysSomething(content) ? [{ type: "text", text: content }] : [];
  if (!Array.isArray(content)) {
    findings.refuse(at, "must be a text or a list of parts");
    return [];
  }
  return content.flatMap((each, index) => {
    const part = object(each);
    const reader = readers.get(part?.type);
    if (!part || !reader) findings.refuse(`${at}.${index}.type`, `must be one of ${[...readers.keys()].join(", ")}`);
    return (part && reader?.(part, `${at}.${index}`, findings)) ?? [];
  });
}

/** Anthropic refuses a block of blank text, and nobody misses it. */
function textBlock(said: string, part: Json): HubText | null {
  return saysSomething(said) ? { type: "text", text: said, ...cacheOf(part) } : null;
}

function saysSomething(said: string): boolean {
  return /\S/.test(said);
}

/** A breakpoint of the prompt cache: OpenAI's own, or Anthropic's, which OpenRouter's clients send. */
function cacheOf(part: Json): { cache_control?: CacheControl } {
  const control = object(part.cache_control);
  if (control?.type === "ephemeral") {
    const ttl = control.ttl === "1h" ? { ttl: "1h" as const } : {};
    return { cache_control: { type: "ephemeral", ...ttl } };
  }
  return object(part.prompt_cache_breakpoint)?.mode === "explicit" ? { cache_control: { type: "ephemeral" } } : {};
}
