/** The hub's blocks in the form that the Messages API accepts in a request. */
import { isObject } from "../../../ground/json.ts";
import { carriedFrom, isCarried } from "../carried.ts";
import type { Findings } from "../findings.ts";
import type {
  HubBlock,
  HubDocument,
  HubImage,
  HubRedactedThinking,
  HubSearchResult,
  HubServerToolUse,
  HubText,
  HubThinking,
  HubToolResult,
  Json,
} from "../hub.ts";
import { isPicture } from "../media.ts";
import { fitted, type Names } from "../names.ts";

export interface Writing {
  names: Names;
  /** Whether thinking goes back: the model thinks, and its signatures were not refused. */
  keepsThinking: boolean;
  /** Whether the model signs its thinking and accepts no other thinking. */
  signs: boolean;
  /** The ids of the searches that Anthropic ran. Only those go back as searches. */
  ownSearches: ReadonlySet<string>;
  findings: Findings;
}

const LONGEST_ID = 64;

/** The id of a call in the API's alphabet. */
function callId(id: string): string {
  return fitted(id, LONGEST_ID);
}

/** The block; none if it is empty or may not go there. `at`: its place in the request, such as `messages.3.content.0`. */
export function blockWritten(block: HubBlock, at: string, writing: Writing): Json[] {
  switch (block.type) {
    case "text":
      return textWritten(block);
    case "image":
      return imageWritten(block, at, writing.findings);
    case "document":
      return documentWritten(block, at, writing.findings);
    case "audio":
      writing.findings.refuse(at, "the accounts that serve this model take no sound");
      return [];
    case "thinking":
      return writing.keepsThinking ? thinkingWritten(block, writing) : [];
    case "redacted_thinking":
      return writing.keepsThinking ? redactedWritten(block) : [];
    case "tool_use":
      return [{ ...block, id: callId(block.id), name: writing.names.to(block.name) }];
    case "tool_result":
      return [resultWritten(block, at, writing.findings)];
    case "server_tool_use":
      return searchWritten(block, writing);
    case "web_search_tool_result":
      return foundWritten(block, writing);
  }
}

/** Blank text is refused. Citations belong only to answers. */
function textWritten({ citations: _, ...block }: HubText): Json[] {
  return /\S/.test(block.text) ? [block] : [];
}

function imageWritten(block: HubImage, at: string, findings: Findings): Json[] {
  if (isPicture(block.source)) return [{ ...block }];
  findings.refuse(at, "a picture must be a JPEG, PNG, GIF or WebP");
  return [];
}

const PDF = "application/pdf";

function documentWritten({ source, ...block }: HubDocument, at: string, findings: Findings): Json[] {
  if (source.type !== "base64" || source.media_type === PDF) return [{ ...block, source }];
  if (!source.media_type.startsWith("text/") && source.media_type !== "application/json") {
    findings.refuse(at, "a document must be a PDF or a text");
    return [];
  }
  const data = Buffer.from(source.data, "base64").toString();
  return /\S/.test(data) ? [{ ...block, source: { type: "text", media_type: "text/plain", data } }] : [];
}

/** Only Anthropic's own signature goes back. Thinking with a foreign one is dropped, because it would refuse the request. */
function thinkingWritten({ thinking, signature }: HubThinking, { signs }: Writing): Json[] {
  const own = ownOf(signature);
  if (own !== "") return [{ type: "thinking", thinking, signature: own }];
  return signs || thinking === "" ? [] : [{ type: "thinking", thinking, signature: "" }];
}

function redactedWritten({ data }: HubRedactedThinking): Json[] {
  const own = ownOf(data);
  return own === "" ? [] : [{ type: "redacted_thinking", data: own }];
}

function ownOf(signature: string): string {
  return carriedFrom("anthropic", signature) ?? (isCarried(signature) ? "" : signature);
}

function resultWritten(block: HubToolResult, at: string, findings: Findings): Json {
  const { content, is_error, tool_use_id, ...own } = block;
  const written = content.flatMap((part, index) => {
    const place = `${at}.content.${index}`;
    if (part.type === "text") return textWritten(part);
    return part.type === "image" ? imageWritten(part, place, findings) : documentWritten(part, place, findings);
  });
  // An error must have a text.
  const said = written.length === 0 && is_error ? [{ type: "text", text: "(no output)" }] : written;
  return { ...own, tool_use_id: callId(tool_use_id), content: said, ...(is_error && { is_error }) };
}

/** A search by another provider is told as text: Anthropic takes back only what it has encrypted itself. */
function searchWritten({ id, input }: HubServerToolUse, { ownSearches }: Writing): Json[] {
  return ownSearches.has(id) ? [{ type: "server_tool_use", id, name: "web_search", input }] : [];
}

function foundWritten({ tool_use_id, content }: HubSearchResult, { ownSearches }: Writing): Json[] {
  if (ownSearches.has(tool_use_id)) return [{ type: "web_search_tool_result", tool_use_id, content }];
  if (!Array.isArray(content) || content.length === 0) return [];
  const hits = content.map(({ title, url }) => (title === "" ? url : `${title}: ${url}`));
  return [{ type: "text", text: `Found by a web search:\n${hits.join("\n")}` }];
}

/** The searches that Anthropic ran, which are those whose hits it has signed. */
export function ownSearchesIn(blocks: Iterable<HubBlock>): Set<string> {
  const own = new Set<string>();
  for (const block of blocks) {
    if (block.type !== "web_search_tool_result" || !block.tool_use_id.startsWith("srvtoolu_")) continue;
    const { content } = block;
    if (!Array.isArray(content) || content.every((hit) => isObject(hit) && hit.encrypted_content !== "")) {
      own.add(block.tool_use_id);
    }
  }
  return own;
}
