/** A conversation of the hub as the items that the Responses API takes. What a provider wants back of its own goes to OpenAI alone. */
import type {
  ResponseFunctionWebSearch,
  ResponseInputContent,
  ResponseInputItem,
} from "openai/resources/responses/responses";
import type {
  HubBlock,
  HubDocument,
  HubImage,
  HubMessage,
  HubSearchResult,
  HubServerToolUse,
  HubText,
  HubThinking,
  HubToolResult,
} from "../hub.ts";
import { urlOf } from "../media.ts";
import { fitted, type Names } from "../names.ts";
import { reasoningIn } from "./reasoning.ts";

export interface InputRules {
  names: Names;
  /** The role of a system message in the midst; null: it is told as the user's, with a mark (quirks). */
  systemRole: "developer" | "system" | null;
  /** Reasoning of earlier turns goes along. */
  withReasoning: boolean;
  /** The model wants to be told which of its messages were comments on the way, and which an answer. */
  phases: boolean;
}

/** OpenAI's limit for the id of a call. */
export const LONGEST_CALL_ID = 64;

export function inputOf(messages: readonly HubMessage[], rules: InputRules): ResponseInputItem[] {
  const writer = new InputWriter(rules);
  for (const message of messages) writer.add(message);
  return writer.items;
}

type AssistantMessage = Extract<ResponseInputItem, { role: "assistant" }>;

class InputWriter {
  readonly items: ResponseInputItem[] = [];
  readonly #rules: InputRules;
  /** Reasoning of this turn that nothing follows yet: OpenAI refuses one without what it led to. */
  #reasoning: ResponseInputItem[] = [];
  /** What the assistant has said in this turn, while it is open whether a call follows. */
  #said: AssistantMessage[] = [];
  /** The searches of this turn whose results have not come. */
  readonly #searches = new Map<string, ResponseFunctionWebSearch>();

  constructor(rules: InputRules) {
    this.#rules = rules;
  }

  add({ role, content }: HubMessage): void {
    if (role === "assistant") this.#assistant(content);
    else {
      this.#endTurn();
      if (role === "user") this.#user(content);
      else this.#system(content);
    }
  }

  #endTurn(): void {
    this.#reasoning = [];
    this.#searches.clear();
    if (this.#rules.phases) for (const message of this.#said) message.phase ??= "final_answer";
    this.#said = [];
  }

  #system(content: readonly HubBlock[]): void {
    const text = textOf(content);
    if (text === "") return;
    const { systemRole } = this.#rules;
    this.items.push(
      systemRole
        ? { type: "message", role: systemRole, content: text }
        : { type: "message", role: "user", content: `<system-reminder>\n${text}\n</system-reminder>` },
    );
  }

  #user(content: readonly HubBlock[]): void {
    let parts: ResponseInputContent[] = [];
    const flush = () => {
      if (parts.length > 0) this.items.push({ type: "message", role: "user", content: plain(parts) });
      parts = [];
    };
    for (const block of content) {
      if (block.type === "tool_result") {
        flush();
        this.items.push(resultItem(block));
      } else {
        parts.push(...partOf(block));
      }
    }
    flush();
  }

  #assistant(content: readonly HubBlock[]): void {
    let texts: HubText[] = [];
    const flush = () => {
      if (texts.length > 0) this.#say(texts);
      texts = [];
    };
    for (const block of content) {
      if (block.type === "text") {
        texts.push(block);
        continue;
      }
      flush();
      this.#act(block);
    }
    flush();
  }

  #act(block: HubBlock): void {
    switch (block.type) {
      case "thinking":
        if (this.#rules.withReasoning) this.#reasoning.push(...reasoningItem(block));
        return;
      case "tool_use": {
        const { names, phases } = this.#rules;
        if (phases) for (const message of this.#said) message.phase ??= "commentary";
        const call_id = fitted(block.id, LONGEST_CALL_ID);
        const written = JSON.stringify(block.input);
        // Without the item's own id: OpenAI would ask for the reasoning that it knows to have gone before it.
        this.#push({ type: "function_call", call_id, name: names.to(block.name), arguments: written });
        return;
      }
      case "server_tool_use": {
        const search = searchItem(block);
        this.#searches.set(block.id, search);
        this.#push(search);
        return;
      }
      case "web_search_tool_result":
        addResult(this.#searches.get(block.tool_use_id), block);
    }
  }

  #say(texts: readonly HubText[]): void {
    const [only] = texts;
    // As a text where it can be: several services take no list from the assistant without ids and statuses.
    const content = texts.map(({ text }) => ({ type: "output_text" as const, text, annotations: [] }));
    const said = { type: "message", role: "assistant", content: only && texts.length === 1 ? only.text : content };
    const message = said as unknown as AssistantMessage;
    this.#said.push(message);
    this.#push(message);
  }

  #push(item: ResponseInputItem): void {
    for (const each of this.#reasoning) this.items.push(each);
    this.items.push(item);
    this.#reasoning = [];
  }
}

function textOf(content: readonly HubBlock[]): string {
  return content
    .map((block) => (block.type === "text" ? block.text : ""))
    .filter(Boolean)
    .join("\n\n");
}

/** One text is sent as that. */
function plain(parts: ResponseInputContent[]): string | ResponseInputContent[] {
  const [only] = parts;
  return parts.length === 1 && only?.type === "input_text" ? only.text : parts;
}

function partOf(block: HubBlock): ResponseInputContent[] {
  switch (block.type) {
    case "text":
      return [{ type: "input_text", text: block.text }];
    case "image":
      return [imagePart(block)];
    case "document":
      return [documentPart(block)];
    default:
      return [];
  }
}

function imagePart({ source }: HubImage): ResponseInputContent {
  return { type: "input_image", image_url: urlOf(source), detail: "auto" };
}

function documentPart({ source, title }: HubDocument): ResponseInputContent {
  switch (source.type) {
    case "text":
      return { type: "input_text", text: title ? `${title}\n\n${source.data}` : source.data };
    case "url":
      return { type: "input_file", file_url: source.url };
    case "base64":
      return { type: "input_file", filename: fileName(title, source.media_type), file_data: urlOf(source) };
  }
}

const ENDINGS: ReadonlyMap<string, string> = new Map([
  ["application/pdf", ".pdf"],
  ["text/plain", ".txt"],
]);

/** OpenAI tells by the name's ending what a file is. */
function fileName(title: string | undefined, mediaType: string): string {
  const ending = ENDINGS.get(mediaType) ?? "";
  const name = title ?? "document";
  return name.toLowerCase().endsWith(ending) ? name : `${name}${ending}`;
}

/** Pictures and documents stay what they are. That the call failed can only be said in words. */
function resultItem({ tool_use_id, content, is_error }: HubToolResult): ResponseInputItem {
  const call_id = fitted(tool_use_id, LONGEST_CALL_ID);
  const type = "function_call_output";
  if (content.every((block) => block.type === "text")) {
    const text = content.map((block) => block.text).join("\n");
    return { type, call_id, output: is_error ? failed(text) : text };
  }
  const parts = content.flatMap(partOf);
  return { type, call_id, output: is_error ? [{ type: "input_text", text: failed("") }, ...parts] : parts };
}

function failed(text: string): string {
  return text === "" ? "Error" : `Error: ${text}`;
}

function reasoningItem({ thinking, signature }: HubThinking): ResponseInputItem[] {
  const reasoning = reasoningIn(signature);
  if (!reasoning) return [];
  const summary = thinking === "" ? [] : [{ type: "summary_text" as const, text: thinking }];
  return [{ type: "reasoning", id: reasoning.id, summary, encrypted_content: reasoning.encrypted_content }];
}

/** OpenAI's own searches go back under their own ids; of another provider's it knows none. */
function searchItem({ id, input }: HubServerToolUse): ResponseFunctionWebSearch {
  const query = input.query ?? "";
  const action = { type: "search" as const, query, queries: [query] };
  const item = { type: "web_search_call" as const, status: "completed" as const, action };
  return id.startsWith("ws_") ? { id, ...item } : (item as ResponseFunctionWebSearch);
}

function addResult(item: ResponseFunctionWebSearch | undefined, { content }: HubSearchResult): void {
  if (item?.action.type !== "search") return;
  if (!Array.isArray(content)) {
    item.status = "failed";
    return;
  }
  const [first] = content;
  // What was opened and not searched for has no query (see reading.ts).
  if (item.action.query === "" && first) item.action = { type: "open_page", url: first.url };
  else if (first) item.action.sources = content.map(({ url }) => ({ type: "url", url }));
}
