/** A conversation of the hub as items of the Responses API. What a provider wants back goes only to OpenAI, and only its own. */
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
  /** The role of a system message in the middle. Null: it goes as a marked message of the user (quirks). */
  systemRole: "developer" | "system" | null;
  /** Whether reasoning of earlier turns goes along. */
  withReasoning: boolean;
  /** Whether the model wants to know which of its messages were comments on the way and which were an answer. */
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
  /** Reasoning of this turn that nothing follows yet. OpenAI refuses reasoning without what it led to. */
  #reasoning: ResponseInputItem[] = [];
  /** What the assistant has said in this turn, while it is unknown whether a call follows. */
  #said: AssistantMessage[] = [];
  /** The searches of this turn whose results have not come yet. */
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
        // Without the item's own id: with it, OpenAI would require the reasoning that preceded it.
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
    // As a text if possible, because several services accept a list from the assistant only with ids and statuses.
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

/** A single text is sent as a plain string. */
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

/** OpenAI tells the type of a file by the ending of its name. */
function fileName(title: string | undefined, mediaType: string): string {
  const ending = ENDINGS.get(mediaType) ?? "";
  const name = title ?? "document";
  return name.toLowerCase().endsWith(ending) ? name : `${name}${ending}`;
}

/** Images and documents keep their form. Only words can say that the call failed. */
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

/** OpenAI's own searches go back under their own ids. It does not know those of other providers. */
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
  // A page that was opened, not searched for, has no query (see reading.ts).
  if (item.action.query === "" && first) item.action = { type: "open_page", url: first.url };
  else if (first) item.action.sources = content.map(({ url }) => ({ type: "url", url }));
}
