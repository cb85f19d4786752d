/** The blocks of a Messages request in hub terms. A part without a counterpart becomes text, or is named as dropped. */
import { isObject } from "../../../ground/json.ts";
import type { Findings } from "../findings.ts";
import type {
  CacheControl,
  HubBlock,
  HubDocument,
  HubImage,
  HubMessage,
  HubSearchHit,
  HubSearchResult,
  HubText,
  HubToolResult,
  Json,
  MediaSource,
} from "../hub.ts";
import { signedIn } from "./answer-blocks.ts";

type Role = HubMessage["role"];
/** What both a message and a result may consist of. */
type Material = HubText | HubImage | HubDocument;

/** Reads one block; returns none for an empty one. `at`: its place in the request, such as `messages.3.content.0`. */
type ReadBlock = (block: Json, at: string, findings: Findings) => HubBlock[];

/** The content of a message: a text, or a list of blocks. */
export function contentIn(content: unknown, role: Role, at: string, findings: Findings): HubBlock[] {
  if (typeof content === "string") return textOf(content);
  if (!Array.isArray(content)) {
    findings.refuse(at, "it is neither a text nor a list of blocks");
    return [];
  }
  return content.flatMap((block, index) => blockIn(block, role, `${at}.${index}`, findings));
}

/** A text as blocks. An empty text becomes none, because the API accepts no empty block. */
export function textOf(text: string): HubText[] {
  return text === "" ? [] : [{ type: "text", text }];
}

/** The breakpoint of a prompt cache, as members to spread. */
export function cacheOf(value: Json): { cache_control?: CacheControl } {
  const control = value.cache_control;
  if (!isObject(control) || control.type !== "ephemeral") return {};
  const { ttl } = control;
  return { cache_control: { type: "ephemeral", ...((ttl === "5m" || ttl === "1h") && { ttl }) } };
}

function blockIn(block: unknown, role: Role, at: string, findings: Findings): HubBlock[] {
  if (!isObject(block) || typeof block.type !== "string") {
    findings.refuse(at, "it is no block with a type");
    return [];
  }
  const { type } = block;
  const material = MATERIAL.get(type);
  if (material && (role === "user" || type === "text")) return material(block, at, findings);
  const read = (role === "assistant" ? ASSISTANTS : USERS).get(type);
  if (read && role !== "system") return read(block, at, findings);
  // tool-changes.ts reads these.
  if (role === "system" && (type === "tool_addition" || type === "tool_removal")) return [];
  if (MATERIAL.has(type) || ASSISTANTS.has(type) || USERS.has(type)) {
    findings.refuse(at, `a message of the role "${role}" has no block of the type "${type}"`);
  } else {
    // A block that another of Anthropic's services has run, or that is newer than this code. The texts around it stay.
    findings.drop(`content[${type}]`);
  }
  return [];
}

type Materials = ReadonlyMap<string, (block: Json, at: string, findings: Findings) => Material[]>;

/** The parts of a document or a search result. Neither contains the other. */
const PARTS: Materials = new Map<string, (block: Json, at: string, findings: Findings) => Material[]>([
  ["text", readText],
  ["image", readImage],
]);

const MATERIAL: Materials = new Map([...PARTS, ["document", readDocument], ["search_result", readFound]]);

const USERS = new Map<string, ReadBlock>([
  ["tool_result", readToolResult],
  ["container_upload", (_, at, findings) => refused(at, "it is a file in a container of Anthropic's", findings)],
]);

const ASSISTANTS = new Map<string, ReadBlock>([
  ["thinking", readThinking],
  ["redacted_thinking", readRedacted],
  ["tool_use", readToolUse],
  ["server_tool_use", readServerToolUse],
  ["web_search_tool_result", readSearchResult],
  ["compaction", ({ content }) => (typeof content === "string" ? textOf(content) : [])],
]);

function refused(at: string, detail: string, findings: Findings): [] {
  findings.refuse(at, detail);
  return [];
}

function readText(block: Json, at: string, findings: Findings): HubText[] {
  const { text, citations } = block;
  if (typeof text !== "string") return refused(at, "its text is none", findings);
  if (text === "") return [];
  const cited = Array.isArray(citations) && citations.length > 0 ? citations.filter(isObject) : null;
  return [{ type: "text", text, ...(cited && { citations: cited }), ...cacheOf(block) }];
}

function readImage(block: Json, at: string, findings: Findings): HubImage[] {
  const source = mediaIn(block.source, at, findings);
  return source ? [{ type: "image", source, ...cacheOf(block) }] : [];
}

/** An image or a PDF, in the request or at a URL. Returns null for anything else, and refuses the request. */
function mediaIn(source: unknown, at: string, findings: Findings): MediaSource | null {
  if (isObject(source)) {
    const { type, data, media_type, url } = source;
    if (type === "base64" && typeof data === "string" && typeof media_type === "string") {
      return { type, media_type, data };
    }
    if (type === "url" && typeof url === "string") return { type, url };
    if (type === "file") {
      findings.refuse(`${at}.source`, "a file lies at Anthropic, and the accounts that serve this model are elsewhere");
      return null;
    }
  }
  findings.refuse(`${at}.source`, "it is no source of the kind base64 or url");
  return null;
}

/** A document: as it is if it is a PDF or a text, otherwise the blocks that it consists of. Its context precedes it. */
function readDocument(block: Json, at: string, findings: Findings): Material[] {
  const { source, title, context, citations } = block;
  if (isObject(citations) && citations.enabled === true) findings.drop("citations");
  const before = typeof context === "string" ? textOf(context) : [];
  const named = typeof title === "string" && title !== "" ? { title } : null;
  const cache = cacheOf(block);
  if (!isObject(source) || (source.type !== "text" && source.type !== "content")) {
    const media = mediaIn(source, at, findings);
    return media ? [...before, { type: "document", source: media, ...named, ...cache }] : [];
  }
  const text = source.type === "text" ? source.data : source.content;
  if (typeof text === "string") {
    const plain = { type: "text", media_type: "text/plain", data: text } as const;
    return text === "" ? before : [...before, { type: "document", source: plain, ...named, ...cache }];
  }
  const parts = materialIn(source.content, PARTS, `${at}.source.content`, findings);
  return [...(named ? textOf(named.title) : []), ...before, ...cachedLast(parts, cache)];
}

/** Content that was found elsewhere and is to be cited: where it was found, and its text. */
function readFound(block: Json, at: string, findings: Findings): Material[] {
  const { title, source } = block;
  const parts = materialIn(block.content, PARTS, `${at}.content`, findings);
  const heading = [title, source].filter((line) => typeof line === "string" && line !== "").join("\n");
  return cachedLast([...textOf(heading), ...parts], cacheOf(block));
}

function cachedLast(blocks: Material[], cache: { cache_control?: CacheControl }): Material[] {
  const last = blocks.at(-1);
  return last && cache.cache_control ? [...blocks.slice(0, -1), { ...last, ...cache }] : blocks;
}

/** The parts of a result, a document or a search result that are of these `kinds`. */
function materialIn(content: unknown, kinds: Materials, at: string, findings: Findings): Material[] {
  if (content === undefined || content === null) return [];
  if (typeof content === "string") return textOf(content);
  if (!Array.isArray(content)) return refused(at, "it is neither a text nor a list of blocks", findings);
  return content.flatMap((part, index) => partIn(part, kinds, `${at}.${index}`, findings));
}

function partIn(part: unknown, kinds: Materials, at: string, findings: Findings): Material[] {
  if (!isObject(part) || typeof part.type !== "string") return refused(at, "it is no block with a type", findings);
  const read = kinds.get(part.type);
  if (read) return read(part, at, findings);
  findings.drop(`content[${part.type}]`);
  // The model has all tools from the beginning, so it needs only the name.
  const isReference = part.type === "tool_reference" && typeof part.tool_name === "string";
  return isReference ? textOf(`The tool ${part.tool_name} is available.`) : [];
}

function readToolResult(block: Json, at: string, findings: Findings): HubToolResult[] {
  const { tool_use_id, is_error } = block;
  if (typeof tool_use_id !== "string" || tool_use_id === "") return refused(at, "it has no tool_use_id", findings);
  const content = materialIn(block.content, MATERIAL, `${at}.content`, findings);
  return [{ type: "tool_result", tool_use_id, content, is_error: is_error === true, ...cacheOf(block) }];
}

function readThinking({ thinking, signature }: Json, at: string, findings: Findings): HubBlock[] {
  if (typeof thinking !== "string") return refused(at, "its thinking is none", findings);
  return [{ type: "thinking", thinking, signature: typeof signature === "string" ? signedIn(signature) : "" }];
}

function readRedacted({ data }: Json, at: string, findings: Findings): HubBlock[] {
  return typeof data === "string"
    ? [{ type: "redacted_thinking", data }]
    : refused(at, "its data is no text", findings);
}

function readToolUse(block: Json, at: string, findings: Findings): HubBlock[] {
  const { id, name, input } = block;
  if (typeof id !== "string" || id === "") return refused(at, "it has no id", findings);
  if (typeof name !== "string" || name === "") return refused(at, "it has no name", findings);
  if (input !== undefined && input !== null && !isObject(input)) {
    return refused(`${at}.input`, "it is no object", findings);
  }
  return [{ type: "tool_use", id, name, input: isObject(input) ? input : {}, ...cacheOf(block) }];
}

function readServerToolUse({ id, name, input }: Json, at: string, findings: Findings): HubBlock[] {
  if (typeof id !== "string" || typeof name !== "string") return refused(at, "it has no id or no name", findings);
  if (name !== "web_search") {
    findings.drop(`content[${name}]`);
    return [];
  }
  const query = isObject(input) && typeof input.query === "string" ? { query: input.query } : {};
  return [{ type: "server_tool_use", id, name, input: query }];
}

function readSearchResult({ tool_use_id, content }: Json, at: string, findings: Findings): HubSearchResult[] {
  if (typeof tool_use_id !== "string") return refused(at, "it has no tool_use_id", findings);
  const type = "web_search_tool_result";
  if (Array.isArray(content)) return [{ type, tool_use_id, content: content.filter(isObject).flatMap(hitIn) }];
  if (!isObject(content)) return refused(`${at}.content`, "it is neither a list nor an error", findings);
  const error_code = typeof content.error_code === "string" ? content.error_code : "unavailable";
  return [{ type, tool_use_id, content: { type: "web_search_tool_result_error", error_code } }];
}

function hitIn({ url, title, page_age, encrypted_content }: Json): HubSearchHit[] {
  if (typeof url !== "string") return [];
  return [
    {
      type: "web_search_result",
      url,
      title: typeof title === "string" ? title : "",
      ...(typeof page_age === "string" && { page_age }),
      encrypted_content: typeof encrypted_content === "string" ? signedIn(encrypted_content) : "",
    },
  ];
}
