/**
 * The names of members, and the values of `type`, by which a request asks for more than its model: the vocabulary that
 * `demands.ts` looks for. One that a provider adds is a line here.
 */
import type { UnitField } from "../vocabulary.ts";

/** What a name stands for, or a value of `type`. */
export type Meaning =
  /** Its value, a string or a list, names content that lies elsewhere. An object is no reference but a schema's property. */
  | { is: "reference" }
  /** Its value is a URL, or an object with one. A data URL holds its content itself. */
  | { is: "picture" | "url" }
  | { is: "id" | "type" | "media" | "calls" | "file" | "retrieval" | "memory" }
  /** Its value is opaque: a provider has signed or encrypted it. */
  | { is: "signature" }
  | { is: "tool"; unit?: UnitField | "webSearches" }
  /** A hosted tool that asks another model. */
  | { is: "advisor" };

const tool = (unit?: UnitField | "webSearches"): Meaning => ({ is: "tool", ...(unit && { unit }) });

/** Members, on whatever level of the body. */
export const NAMES = new Map<string, Meaning>([
  ...["file_id", "file_ids", "file_url", "file_uri", "fileUri", "vector_store_ids", "container_id"].map(named),
  ...["previous_response_id", "cachedContent", "cached_content", "container", "plugins", "mcpServers"].map(named),
  ["image_url", { is: "picture" }],
  ["video_url", { is: "picture" }],
  ["url", { is: "url" }],
  ["id", { is: "id" }],
  ["type", { is: "type" }],
  ...["data", "b64_json"].map((name): [string, Meaning] => [name, { is: "media" }]),
  // OpenAI's `file_data` holds the bytes, Gemini's an address.
  ...["file_data", "fileData"].map((name): [string, Meaning] => [name, { is: "file" }]),
  ...["signature", "thoughtSignature", "thought_signature", "encrypted_content", "encrypted_index"].map(
    (name): [string, Meaning] => [name, { is: "signature" }],
  ),
  ...["max_uses", "max_tool_calls"].map((name): [string, Meaning] => [name, { is: "calls" }]),
  // Gemini names a tool by a member of its own; Chat has an option for it.
  ...["googleSearch", "google_search", "googleSearchRetrieval", "google_search_retrieval", "web_search_options"].map(
    searching,
  ),
  ...["enterpriseWebSearch", "enterprise_web_search", "exaAiSearch", "exa_ai_search"].map(searching),
  ...["parallelAiSearch", "parallel_ai_search", "googleMaps", "google_maps"].map(searching),
  ...["urlContext", "url_context", "codeExecution", "code_execution"].map((name): [string, Meaning] => [name, tool()]),
  ...["fileSearch", "file_search"].map((name): [string, Meaning] => [name, tool()]),
  ["retrieval", { is: "retrieval" }],
  ["memory_limit", { is: "memory" }],
]);

/** Values of `type`, with the letters they begin with. Anthropic puts dates into the types of tools; OpenAI's may be previews. */
export const TYPES: readonly [beginning: string, RegExp, Meaning][] = [
  ["url", /^url$/, { is: "reference" }],
  ["item", /^item_reference$/, { is: "reference" }],
  ["web_search", /^web_search(?:_preview)?(?:_[\d_]+)?$/, tool("webSearches")],
  ["file_search", /^file_search$/, tool("fileSearches")],
  ["code_interpreter", /^code_interpreter$/, tool("codeSessions")],
  // A hosted shell runs in a container.
  ["container", /^container_auto$/, tool("codeSessions")],
  ["image_generation", /^image_generation$/, tool("images")],
  ["advisor", /^advisor_\d{8}$/, { is: "advisor" }],
  ["web_fetch", /^web_fetch_\d{8}$/, tool()],
  ["code_execution", /^code_execution_\d{8}$/, tool()],
  ["mcp", /^mcp(?:_toolset)?$/, tool()],
];

function searching(name: string): [string, Meaning] {
  return [name, tool("webSearches")];
}

function named(name: string): [string, Meaning] {
  return [name, { is: "reference" }];
}
