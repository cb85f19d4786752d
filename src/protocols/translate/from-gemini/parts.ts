/** The parts of a content as blocks of the hub. */
import { isObject } from "../../../ground/json.ts";
import type { Findings } from "../findings.ts";
import type { HubAudio, HubDocument, HubImage, HubText, HubToolResult, Json, MediaSource } from "../hub.ts";
import { listAt, member, objectAt, textAt } from "./fields.ts";

export type Media = HubImage | HubDocument | HubAudio;

/** The text or medium in a part; null for a part of another kind, or an empty one. */
export function saidIn(part: Json, at: string, findings: Findings): HubText | Media | null {
  const plain = member(part, "text");
  if (typeof plain === "string") return plain === "" ? null : { type: "text", text: plain };
  if (plain !== null) findings.refuse(`${at}.text`, "must be a text");
  return codeIn(part) ?? mediaIn(part, at, findings);
}

/** Code that Google has run, and its result. */
function codeIn(part: Json): HubText | null {
  const code = objectAt(part, "executableCode");
  if (code) return fenced((textAt(code, "language") ?? "").toLowerCase(), textAt(code, "code") ?? "");
  const result = objectAt(part, "codeExecutionResult");
  return result && fenced("", textAt(result, "output") ?? "");
}

function fenced(language: string, code: string): HubText {
  return { type: "text", text: `\`\`\`${language}\n${code}\n\`\`\`` };
}

export function mediaIn(part: Json, at: string, findings: Findings): Media | null {
  const inline = objectAt(part, "inlineData");
  if (inline) return inlineMedia(inline, `${at}.inlineData`, findings);
  const file = objectAt(part, "fileData");
  return file && fileMedia(file, `${at}.fileData`, findings);
}

function inlineMedia(inline: Json, at: string, findings: Findings): Media | null {
  const data = textAt(inline, "data");
  const media_type = textAt(inline, "mimeType")?.toLowerCase() ?? "";
  if (data === null) {
    findings.refuse(`${at}.data`, "required, in base64");
    return null;
  }
  const base64 = standardBase64(data);
  if (media_type.startsWith("text/")) {
    const words = Buffer.from(base64, "base64").toString();
    return { type: "document", source: { type: "text", media_type: "text/plain", data: words } };
  }
  return mediaOf({ type: "base64", media_type, data: base64 }, media_type, `${at}.mimeType`, findings);
}

/** Google also accepts the URL alphabet of base64. No other provider does. */
function standardBase64(data: string): string {
  return data.includes("-") || data.includes("_") ? data.replaceAll("-", "+").replaceAll("_", "/") : data;
}

/** Files that are stored at Google. Nobody else can read them. */
const GOOGLES_OWN = /^(?:gs:|https:\/\/generativelanguage\.googleapis\.com\/|https:\/\/(?:www\.)?youtu\.?be)/i;

function fileMedia(file: Json, at: string, findings: Findings): Media | null {
  const url = textAt(file, "fileUri") ?? "";
  if (!/^https?:\/\//i.test(url) || GOOGLES_OWN.test(url)) {
    findings.refuse(
      `${at}.fileUri`,
      "what lies with Google cannot be read by another provider; send it as `inlineData`",
    );
    return null;
  }
  const type = textAt(file, "mimeType")?.toLowerCase() ?? typeByName(url);
  return mediaOf({ type: "url", url }, type, `${at}.mimeType`, findings);
}

function typeByName(url: string): string {
  const path = url.split(/[?#]/, 1)[0] ?? "";
  return path.toLowerCase().endsWith(".pdf") ? "application/pdf" : "image/*";
}

function mediaOf(source: MediaSource, type: string, at: string, findings: Findings): Media | null {
  if (type.startsWith("image/")) return { type: "image", source };
  if (type.startsWith("audio/")) return { type: "audio", source };
  if (type === "application/pdf") return { type: "document", source };
  findings.refuse(at, "the accounts that serve this model take pictures, sound, PDF and text");
  return null;
}

/** The response of a function. `id` is that of the call that it belongs to. */
export function resultOf(response: Json, id: string, at: string, findings: Findings): HubToolResult {
  const answer = member(response, "response");
  const values = isObject(answer) ? answer : {};
  const is_error = (values.error ?? null) !== null;
  const words = wordsOf(is_error ? values.error : (values.output ?? answer));
  const text: HubText[] = words === "" ? [] : [{ type: "text", text: words }];
  return {
    type: "tool_result",
    tool_use_id: id,
    content: [...text, ...mediaOfResult(response, at, findings)],
    is_error,
  };
}

/** If the response has neither `output` nor `error`, all of it is the answer. */
function wordsOf(said: unknown): string {
  if (typeof said === "string") return said;
  return said === null || said === undefined ? "" : JSON.stringify(said);
}

function mediaOfResult(response: Json, at: string, findings: Findings): (HubImage | HubDocument)[] {
  return listAt(response, "parts").flatMap((part, index) => {
    const media = isObject(part) ? mediaIn(part, `${at}.parts.${index}`, findings) : null;
    if (media?.type === "audio") findings.drop("contents.parts.functionResponse.parts");
    return media && media.type !== "audio" ? [media] : [];
  });
}

/** Names parts of a kind that no other provider knows, and values that are no part. They are left out. */
export function nameUnknown(part: Json, findings: Findings): void {
  for (const kind of Object.keys(part)) if (!BESIDE.has(kind)) findings.drop(`contents.parts.${kind}`);
}

const BESIDE = new Set(["text", "thought", "thoughtSignature", "thought_signature"]);
